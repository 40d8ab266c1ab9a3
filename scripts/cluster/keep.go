//go:build keep

// Package keep names what is built, so that `go mod tidy` keeps it.
package keep

import (
	_ "k8s.io/kubernetes/cmd/kube-apiserver"
	_ "k8s.io/kubernetes/cmd/kube-controller-manager"
)

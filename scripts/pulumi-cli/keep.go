//go:build keep

// Package main keeps the CLI among this module's requirements: `go mod tidy` would drop it otherwise.
package main

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"

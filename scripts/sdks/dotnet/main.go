// Writes the .NET SDK of a package by Pulumi's own generator: dotnet <schema.json> <folder>. The generator is in a module that the
// Go registry does not serve; it was part of pkg/v3 up to 3.206 at least.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"net"
	"net/http"
	"os"
	"path/filepath"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/pkg/v3/codegen/dotnet"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

// Our schema refers to no other package.
type noLoader struct{}

func (noLoader) LoadPackage(name string, _ *semver.Version) (*schema.Package, error) {
	return nil, fmt.Errorf("the schema refers to the package %s", name)
}

func (noLoader) LoadPackageV2(_ context.Context, pkg *schema.PackageDescriptor) (*schema.Package, error) {
	return nil, fmt.Errorf("the schema refers to the package %s", pkg.Name)
}

func main() {
	if len(os.Args) != 3 {
		fail(fmt.Errorf("expected a schema and a folder"))
	}
	if err := generate(os.Args[1], filepath.Join(os.Args[2], "dotnet")); err != nil {
		fail(fmt.Errorf("dotnet: %w", err))
	}
}

func generate(file, folder string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var spec schema.PackageSpec
	if err := json.Unmarshal(text, &spec); err != nil {
		return err
	}
	// The generator downloads the package's logo. What it writes is not to depend on a network.
	if spec.LogoURL, err = serveLogo(); err != nil {
		return err
	}
	pkg, diags, err := schema.BindSpec(spec, noLoader{}, schema.ValidationOptions{})
	if err != nil {
		return err
	}
	if diags.HasErrors() {
		return diags
	}
	files, err := dotnet.GeneratePackage("pulumi-gitlab-agent", pkg, nil, nil)
	if err != nil {
		return err
	}
	for name, content := range files {
		place := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(place), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(place, content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// serveLogo serves an empty picture on a loopback port until the process ends, and returns its address.
func serveLogo() (string, error) {
	var logo bytes.Buffer
	if err := png.Encode(&logo, image.NewGray(image.Rect(0, 0, 64, 64))); err != nil {
		return "", err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	answer := func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(logo.Bytes()) }
	go func() { _ = http.Serve(listener, http.HandlerFunc(answer)) }()
	return fmt.Sprintf("http://%s/logo.png", listener.Addr()), nil
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

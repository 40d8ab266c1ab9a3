package main

import (
	"testing"

	"example.invalid/program/driver"
)

// Beside the example's main.go this runs its program as tests/sdks/programs.ts asks for it.
func TestMain(*testing.M) {
	driver.Serve("go-quickstart", program)
}

// Package driver runs a Pulumi program by the Automation API, as tests/sdks/programs.ts asks for it line by line.
package driver

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optdestroy"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optpreview"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

type request struct {
	Verb string
}

type response struct {
	Output  string         `json:"output"`
	Error   string         `json:"error"`
	Changes map[string]int `json:"changes"`
}

// Serve reads requests from standard input and answers each with one line of JSON, until the input ends. The stack is `dev`, of the
// project whose Pulumi.yaml lies in the working directory.
func Serve(project string, program pulumi.RunFunc) {
	ctx := context.Background()
	stack, err := auto.UpsertStackInlineSource(ctx, "dev", project, program, auto.WorkDir("."))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var asked request
		var answer response
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			answer.Error = err.Error()
		} else if err := carryOut(ctx, stack, asked, &answer); err != nil {
			answer.Error = err.Error()
		}
		line, _ := json.Marshal(answer)
		fmt.Println(string(line))
	}
	os.Exit(0)
}

func carryOut(ctx context.Context, stack auto.Stack, asked request, answer *response) error {
	var shown strings.Builder
	defer func() { answer.Output = shown.String() }()
	switch asked.Verb {
	case "preview":
		streams := []optpreview.Option{optpreview.ProgressStreams(&shown), optpreview.ErrorProgressStreams(&shown)}
		result, err := stack.Preview(ctx, append(streams, optpreview.Refresh())...)
		answer.Changes = map[string]int{}
		for kind, count := range result.ChangeSummary {
			answer.Changes[string(kind)] = count
		}
		return err
	case "up":
		result, err := stack.Up(ctx, optup.ProgressStreams(&shown), optup.ErrorProgressStreams(&shown))
		if err != nil {
			return err
		}
		answer.Changes = *result.Summary.ResourceChanges
		return nil
	case "destroy":
		result, err := stack.Destroy(ctx, optdestroy.ProgressStreams(&shown), optdestroy.ErrorProgressStreams(&shown))
		if err != nil {
			return err
		}
		answer.Changes = *result.Summary.ResourceChanges
		return nil
	}
	return fmt.Errorf("there is no verb %q", asked.Verb)
}

// An agent for Kubernetes and its token.
package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
	"gitlab.com/pulumi-gitlab-agent/pulumi-gitlab-agent/sdk/go/gitlabagent"
)

func main() {
	pulumi.Run(program)
}

// GitLab and the credential come from gitlab-agent:baseUrl and gitlab-agent:token, or GITLAB_BASE_URL and GITLAB_TOKEN.
func program(ctx *pulumi.Context) error {
	settings := config.New(ctx, "")
	project := pulumi.String(settings.Require("project"))

	production, err := gitlabagent.NewClusterAgent(ctx, "production", &gitlabagent.ClusterAgentArgs{
		Project: project,
	})
	if err != nil {
		return err
	}

	token, err := gitlabagent.NewAgentToken(ctx, "token", &gitlabagent.AgentTokenArgs{
		Project:     project,
		AgentId:     production.AgentId,
		Name:        pulumi.String("production"),
		Description: pulumi.String("Installed by the Helm chart"),
		RotationTriggers: pulumi.Map{
			"rotation": pulumi.String(settings.Require("rotation")),
		},
	})
	if err != nil {
		return err
	}

	kas := gitlabagent.GetKasOutput(ctx)

	ctx.Export("agentId", production.AgentId)
	ctx.Export("agentName", production.Name)
	// For the Secret that the chart's `config.secretName` names (docs/helm.md): shown as [secret].
	ctx.Export("agentToken", token.Token)
	ctx.Export("kasAddress", kas.ExternalUrl())
	return nil
}

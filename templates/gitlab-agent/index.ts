import * as pulumi from "@pulumi/pulumi";
import { AgentToken, ClusterAgent } from "pulumi-gitlab-agent";

const project = new pulumi.Config().require("gitlabProject");

// An agent, named "production" in GitLab too.
const agent = new ClusterAgent("production", { project });

// Its token, a secret. The first update of a month creates a new one, updates its consumers in this program, and revokes the old one.
const month = new Date().toISOString().slice(0, "2026-11".length);
const token = new AgentToken("production", {
  project,
  agentId: agent.agentId,
  rotationTriggers: { month },
});

export const agentId = agent.agentId;
// Next: AgentInstallation of "pulumi-gitlab-agent/kubernetes" installs it in a cluster with GitLab's Helm chart.
export const agentToken = token.token;

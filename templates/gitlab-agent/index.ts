import * as pulumi from "@pulumi/pulumi";
import { AgentToken, ClusterAgent } from "pulumi-gitlab-agent";

const project = new pulumi.Config().require("gitlabProject");

// An agent, named "production" in GitLab too.
const agent = new ClusterAgent("production", { project });

// Its token, a secret. Another month is another token, and revokes the old one once what uses it has moved over.
const token = new AgentToken("production", {
  project,
  agentId: agent.agentId,
  rotationTriggers: { month: "2026-11" },
});

export const agentId = agent.agentId;
// Next: AgentInstallation of "pulumi-gitlab-agent/kubernetes" brings it into a cluster by GitLab's Helm chart.
export const agentToken = token.token;

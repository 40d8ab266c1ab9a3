import * as pulumi from "@pulumi/pulumi";
import { AgentInstallation } from "pulumi-gitlab-agent/kubernetes";

const config = new pulumi.Config();
const month = config.require("month");

const installation = new AgentInstallation("production", {
  project: config.require("project"),
  // `pulumi config set month 2026-12`, then `pulumi up`, rotates the token.
  tokenRotationTriggers: { month },
  // The update ends only when GitLab reports that the agent used its token.
  awaitConnection: true,
  connectionTimeout: 300,
  replicas: 3,
  values: {
    // The chart makes the agent cluster-admin by default.
    rbac: { useExistingRole: "view" },
    resources: { requests: { cpu: "50m", memory: "64Mi" } },
  },
});

export const agentId = installation.agent.agentId;
export const namespace = installation.namespace;
export const connectedAt = installation.connection?.lastUsedAt;
export const release = installation.release.name;

import * as pulumi from "@pulumi/pulumi";
import { AgentInstallation } from "pulumi-gitlab-agent/kubernetes";

const config = new pulumi.Config();
const month = config.require("month");

const installation = new AgentInstallation("production", {
  project: config.require("project"),
  // `pulumi config set month 2026-12`, then `pulumi up`, rotates the token.
  tokenRotationTriggers: { month },
  replicas: 3,
  values: {
    // The chart makes the agent cluster-admin unless it is told otherwise.
    rbac: { useExistingRole: "view" },
    resources: { requests: { cpu: "50m", memory: "64Mi" } },
  },
});

export const agentId = installation.agent.agentId;
export const namespace = installation.namespace;
export const release = installation.release.name;

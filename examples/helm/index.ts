import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { AgentToken, ClusterAgent, getKasOutput } from "pulumi-gitlab-agent";

const config = new pulumi.Config();
const project = config.require("project");
const rotationTriggers = { month: config.require("month") };

const agent = new ClusterAgent("production", { project });
const token = new AgentToken("production", { project, agentId: agent.agentId, rotationTriggers });

const metadata = { name: "gitlab-agent" };
const namespace = new kubernetes.core.v1.Namespace("gitlab-agent", { metadata }).metadata.name;
const secret = new kubernetes.core.v1.Secret("token", {
  // One Secret for each token: the release uses the new one before the old one is deleted and the old token revoked.
  metadata: { name: pulumi.interpolate`agent-token-${token.tokenId}`, namespace },
  stringData: { token: token.token },
});
new kubernetes.helm.v3.Release("production", {
  name: agent.name,
  namespace,
  chart: "gitlab-agent",
  repositoryOpts: { repo: "https://charts.gitlab.io" },
  values: { config: { secretName: secret.metadata.name, kasAddress: getKasOutput().externalUrl } },
});

import * as pulumi from "@pulumi/pulumi";
import { AgentToken, ClusterAgent, ReceptiveUrlConfig } from "pulumi-gitlab-agent";

const config = new pulumi.Config();
const project = config.get("project") ?? "group/app";

// GitLab and the credential come from gitlab:baseUrl and gitlab:token, or GITLAB_BASE_URL and GITLAB_TOKEN.
const agent = new ClusterAgent("production", { project });

const token = new AgentToken("production", {
  project,
  agentId: agent.agentId,
  description: "Installed by the Helm chart",
});

// GitLab connects to a receptive agent, not the other way round. Needs GitLab Ultimate, self-managed.
const receptive = config.getBoolean("receptive")
  ? new ReceptiveUrlConfig("production", {
      project,
      agentId: agent.agentId,
      url: config.get("agentUrl") ?? "grpcs://agent.example.com:443",
    })
  : undefined;

export const agentId = agent.agentId;
export const agentName = agent.name;
/** For the Secret of the chart's `config.secretName` (docs/helm.md); shown as [secret]. */
export const agentToken = token.token;
/** The key with which a receptive agent verifies GitLab's requests. */
export const receptivePublicKey = receptive?.publicKey ?? "not receptive";

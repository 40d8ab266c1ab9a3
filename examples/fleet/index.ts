import { readFileSync } from "node:fs";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { getKasOutput } from "pulumi-gitlab-agent";
import { AgentInstallation } from "pulumi-gitlab-agent/kubernetes";
import { parse } from "yaml";

/** A cluster in clusters.yaml. */
interface Cluster {
  /** The agent's name. */
  name: string;
  /** The GitLab project with the agent's configuration. */
  project: string;
  /** The cluster's context in the kubeconfig. */
  context: string;
  replicas?: number;
  values?: Record<string, unknown>;
}

const month = new pulumi.Config().require("month");
const clusters = parse(readFileSync("clusters.yaml", "utf8")) as Cluster[];

// Requested once, not once for each agent.
const kasAddress = getKasOutput().externalUrl;

const installations = clusters.map(({ name, project, context, replicas, values }) => {
  const provider = new kubernetes.Provider(name, { context });
  return new AgentInstallation(
    name,
    { project, kasAddress, replicas, values, tokenRotationTriggers: { month } },
    { providers: [provider] },
  );
});

/** The id of each agent, by the agent's name. */
export const agentIds = pulumi
  .all(installations.map(({ agent }) => pulumi.all([agent.name, agent.agentId])))
  .apply((agents) => Object.fromEntries(agents));

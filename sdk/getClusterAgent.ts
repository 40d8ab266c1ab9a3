import type * as pulumi from "@pulumi/pulumi";
import type { ConfigProject } from "./clusterAgent";
import { lookup, lookupOutput } from "./lookup";
import type { GetClusterAgentArgs, GetClusterAgentOutputArgs, Inputs, ProjectArgs } from "./lookupArgs";

export type { GetClusterAgentArgs, GetClusterAgentOutputArgs };

/** An agent for Kubernetes, as GitLab returns it. */
export interface GetClusterAgentResult {
  /**
   * The agent's numeric id, unique in its GitLab.
   *
   * @example 7
   */
  id: number;
  /**
   * The same as `id`, under the name that resources and other functions use.
   *
   * @example 7
   */
  agentId: number;
  /**
   * The agent's name.
   *
   * @example "production"
   */
  name: string;
  /**
   * The project with the agent's configuration.
   *
   * @example agent.configProject.pathWithNamespace
   */
  configProject: ConfigProject;
  /**
   * When the agent was registered, ISO 8601 in UTC.
   *
   * @example "2026-11-22T09:30:00.000Z"
   */
  createdAt: string;
  /**
   * The id of the user who registered the agent; undefined if that user was deleted.
   *
   * @example 42
   */
  createdByUserId: number | undefined;
  /**
   * Whether GitLab connects to the agent; undefined in editions without receptive agents.
   *
   * @example false
   */
  isReceptive: boolean | undefined;
}

/**
 * Whose agents.
 *
 * @interface
 */
export type GetClusterAgentsArgs = ProjectArgs;

/**
 * Whose agents. The project may be an output.
 *
 * @interface
 */
export type GetClusterAgentsOutputArgs = Inputs<ProjectArgs>;

/**
 * Looks up one agent of a project, by id or by name. Needs the Developer role.
 *
 * @param args the project, and the agent's id or name
 * @param opts `provider`: an explicit provider; `parent`: a resource whose provider is used. Default: the stack's configuration
 * @throws LookupError if there is no such agent (by name: with the nearest names), or if GitLab does not show it
 * @example
 * ```ts
 * import { getClusterAgent } from "pulumi-gitlab-agent";
 *
 * export const agentId = getClusterAgent({ project: "group/app", name: "production" }).then((agent) => agent.agentId);
 * ```
 * @see https://docs.gitlab.com/api/cluster_agents/#get-details-about-an-agent
 */
export function getClusterAgent(
  args: GetClusterAgentArgs,
  opts?: pulumi.InvokeOptions,
): Promise<GetClusterAgentResult> {
  return lookup("getClusterAgent", args, opts);
}

/**
 * Like {@link getClusterAgent}, but the arguments may be outputs.
 *
 * @example
 * ```ts
 * import * as pulumi from "@pulumi/pulumi";
 * import { getClusterAgentOutput } from "pulumi-gitlab-agent";
 *
 * const infra = new pulumi.StackReference("acme/infra/prod");
 * const agent = getClusterAgentOutput({ project: "group/app", agentId: infra.requireOutput("agentId") });
 * export const name = agent.name;
 * ```
 */
export function getClusterAgentOutput(
  args: GetClusterAgentOutputArgs,
  opts?: pulumi.InvokeOutputOptions,
): pulumi.Output<GetClusterAgentResult> {
  return lookupOutput("getClusterAgent", args, opts);
}

/**
 * Lists all agents of a project, sorted by name, over all pages. Needs the Developer role.
 *
 * @param args the project
 * @param opts `provider`: an explicit provider; `parent`: a resource whose provider is used. Default: the stack's configuration
 * @throws LookupError if GitLab does not show the project or its agents
 * @example
 * ```ts
 * import { getClusterAgents } from "pulumi-gitlab-agent";
 *
 * export const names = getClusterAgents({ project: "group/app" }).then((agents) => agents.map((agent) => agent.name));
 * ```
 * @see https://docs.gitlab.com/api/cluster_agents/#list-the-agents-for-a-project
 */
export function getClusterAgents(
  args: GetClusterAgentsArgs,
  opts?: pulumi.InvokeOptions,
): Promise<GetClusterAgentResult[]> {
  return lookup("getClusterAgents", args, opts);
}

/**
 * Like {@link getClusterAgents}, but the project may be an output.
 *
 * @example
 * ```ts
 * import { ClusterAgent, getClusterAgentsOutput } from "pulumi-gitlab-agent";
 *
 * const agent = new ClusterAgent("production", { project: "group/app" });
 * export const agents = getClusterAgentsOutput({ project: agent.project }).apply((all) => all.length);
 * ```
 */
export function getClusterAgentsOutput(
  args: GetClusterAgentsOutputArgs,
  opts?: pulumi.InvokeOutputOptions,
): pulumi.Output<GetClusterAgentResult[]> {
  return lookupOutput("getClusterAgents", args, opts);
}

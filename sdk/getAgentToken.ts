import type * as pulumi from "@pulumi/pulumi";
import type { AgentTokenStatus } from "./agentToken";
import { lookup, lookupOutput } from "./lookup";
import type { AgentArgs, Inputs } from "./lookupArgs";

/** An active token of an agent, as GitLab's lists return it, never with its secret: GitLab shows that once, at creation. */
export interface GetAgentTokensResult {
  /**
   * The token's numeric id.
   *
   * @example 21
   */
  id: number;
  /**
   * The same as `id`, under the name that resources and other functions use.
   *
   * @example 21
   */
  tokenId: number;
  /**
   * The token's name.
   *
   * @example "production"
   */
  name: string;
  /**
   * The token's description, if it has one.
   *
   * @example "used by the production cluster"
   */
  description: string | undefined;
  /**
   * The numeric id of its agent.
   *
   * @example 7
   */
  agentId: number;
  /**
   * Its state in GitLab: `active`.
   *
   * @example "active"
   */
  status: AgentTokenStatus;
  /**
   * When the token was created, ISO 8601 in UTC.
   *
   * @example "2026-11-22T09:30:00.000Z"
   */
  createdAt: string;
  /**
   * The id of the user who created the token; undefined if that user was deleted.
   *
   * @example 42
   */
  createdByUserId: number | undefined;
}

/** An active token of an agent, as GitLab returns a single one. */
export interface GetAgentTokenResult extends GetAgentTokensResult {
  /**
   * When an agent last used the token, ISO 8601 in UTC; undefined if it was never used.
   *
   * @example "2026-11-21T23:59:59.000Z"
   */
  lastUsedAt: string | undefined;
}

/** Which token. */
export interface GetAgentTokenArgs extends AgentArgs {
  /**
   * The token's numeric id.
   *
   * @example 21
   */
  tokenId: number;
}

/**
 * Which token. Each may be an output.
 *
 * @interface
 */
export type GetAgentTokenOutputArgs = Inputs<GetAgentTokenArgs>;

/**
 * Whose tokens.
 *
 * @interface
 */
export type GetAgentTokensArgs = AgentArgs;

/**
 * Whose tokens. Each may be an output.
 *
 * @interface
 */
export type GetAgentTokensOutputArgs = Inputs<AgentArgs>;

/**
 * Looks up one active token of an agent, with the time of its last use. Needs the Developer role.
 *
 * @param args project, agent and token
 * @param opts `provider`: an explicit provider; `parent`: a resource whose provider is used. Default: the stack's configuration
 * @throws LookupError if there is no such token, if it is revoked, or if GitLab does not show it
 * @example
 * ```ts
 * import { getAgentToken } from "pulumi-gitlab-agent";
 *
 * export const lastUse = getAgentToken({ project: "group/app", agentId: 7, tokenId: 21 }).then(
 *   (token) => token.lastUsedAt ?? "never",
 * );
 * ```
 * @see https://docs.gitlab.com/api/cluster_agents/#get-a-single-agent-token
 */
export function getAgentToken(args: GetAgentTokenArgs, opts?: pulumi.InvokeOptions): Promise<GetAgentTokenResult> {
  return lookup("getAgentToken", args, opts);
}

/**
 * Like {@link getAgentToken}, but the arguments may be outputs.
 *
 * @example
 * ```ts
 * import { AgentToken, ClusterAgent, getAgentTokenOutput } from "pulumi-gitlab-agent";
 *
 * const agent = new ClusterAgent("production", { project: "group/app" });
 * const { project, agentId } = agent;
 * const { tokenId } = new AgentToken("production", { project, agentId });
 * export const lastUsedAt = getAgentTokenOutput({ project, agentId, tokenId }).lastUsedAt;
 * ```
 */
export function getAgentTokenOutput(
  args: GetAgentTokenOutputArgs,
  opts?: pulumi.InvokeOutputOptions,
): pulumi.Output<GetAgentTokenResult> {
  return lookupOutput("getAgentToken", args, opts);
}

/**
 * Lists the active tokens of an agent, over all pages, without revoked ones. Lists do not include the time of
 * the last use: {@link getAgentToken} returns it. Needs the Developer role.
 *
 * @param args project and agent
 * @param opts `provider`: an explicit provider; `parent`: a resource whose provider is used. Default: the stack's configuration
 * @throws LookupError if GitLab does not show the agent
 * @example Agents without a token.
 * ```ts
 * import { getAgentTokens, getClusterAgents } from "pulumi-gitlab-agent";
 *
 * const project = "group/app";
 * export const tokenless = getClusterAgents({ project }).then(async (agents) => {
 *   const tokens = await Promise.all(agents.map(({ agentId }) => getAgentTokens({ project, agentId })));
 *   return agents.filter((_, index) => tokens[index]?.length === 0).map((agent) => agent.name);
 * });
 * ```
 * @see https://docs.gitlab.com/api/cluster_agents/#list-tokens-for-an-agent
 */
export function getAgentTokens(args: GetAgentTokensArgs, opts?: pulumi.InvokeOptions): Promise<GetAgentTokensResult[]> {
  return lookup("getAgentTokens", args, opts);
}

/**
 * Like {@link getAgentTokens}, but the arguments may be outputs.
 *
 * @example
 * ```ts
 * import { ClusterAgent, getAgentTokensOutput } from "pulumi-gitlab-agent";
 *
 * const agent = new ClusterAgent("production", { project: "group/app" });
 * export const tokens = getAgentTokensOutput({ project: agent.project, agentId: agent.agentId });
 * ```
 */
export function getAgentTokensOutput(
  args: GetAgentTokensOutputArgs,
  opts?: pulumi.InvokeOutputOptions,
): pulumi.Output<GetAgentTokensResult[]> {
  return lookupOutput("getAgentTokens", args, opts);
}

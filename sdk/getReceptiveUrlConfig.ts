import type * as pulumi from "@pulumi/pulumi";
import { lookup, lookupOutput } from "./lookup";
import type { AgentArgs, Inputs } from "./lookupArgs";

/** The URL configuration of a receptive agent, as GitLab describes it. GitLab never returns its client key. */
export interface GetReceptiveUrlConfigResult {
  /**
   * The configuration's numeric id.
   *
   * @example 3
   */
  id: number;
  /**
   * The same as `id`, by the name that resources and the other functions have for it.
   *
   * @example 3
   */
  urlConfigurationId: number;
  /**
   * The numeric id of its agent.
   *
   * @example 7
   */
  agentId: number;
  /**
   * Where GitLab reaches the agent: `grpc://…` or `grpcs://…`.
   *
   * @example "grpcs://agent.example.com:443"
   */
  url: string;
  /**
   * GitLab's public key (Ed25519, base64), which the agent trusts (JWT); undefined with mTLS.
   *
   * @example "3q2+7w…="
   */
  publicKey: string | undefined;
  /**
   * The certificate by which GitLab authenticates to the agent, PEM (mTLS); undefined with JWT.
   *
   * @example "-----BEGIN CERTIFICATE-----\n…"
   */
  clientCert: string | undefined;
  /**
   * The certificates by which GitLab trusts the agent's endpoint, PEM.
   *
   * @example "-----BEGIN CERTIFICATE-----\n…"
   */
  caCert: string | undefined;
  /**
   * The host name that GitLab expects in the certificate of the agent's endpoint.
   *
   * @example "agent.example.com"
   */
  tlsHost: string | undefined;
}

/** Which URL configuration. */
export interface GetReceptiveUrlConfigArgs extends AgentArgs {
  /**
   * The configuration's numeric id.
   *
   * @example 3
   */
  urlConfigurationId: number;
}

/**
 * Which URL configuration. Each may be an output.
 *
 * @interface
 */
export type GetReceptiveUrlConfigOutputArgs = Inputs<GetReceptiveUrlConfigArgs>;

/**
 * Whose URL configurations.
 *
 * @interface
 */
export type GetReceptiveUrlConfigsArgs = AgentArgs;

/**
 * Whose URL configurations. Each may be an output.
 *
 * @interface
 */
export type GetReceptiveUrlConfigsOutputArgs = Inputs<AgentArgs>;

/**
 * Looks up one URL configuration of a receptive agent. Needs the Maintainer role, and GitLab Ultimate, self-managed.
 *
 * @param args project, agent and URL configuration
 * @param opts `provider`: an explicit provider; `parent`: a resource whose provider serves. Default: the stack's settings
 * @throws LookupError where there is no such configuration, or receptive agents are not licensed or switched off
 * @example
 * ```ts
 * import { getReceptiveUrlConfig } from "pulumi-gitlab-agent";
 *
 * const config = getReceptiveUrlConfig({ project: "group/app", agentId: 7, urlConfigurationId: 3 });
 * export const url = config.then(({ url }) => url);
 * ```
 * @see https://docs.gitlab.com/api/cluster_agents/#get-a-single-agent-url-configuration
 */
export function getReceptiveUrlConfig(
  args: GetReceptiveUrlConfigArgs,
  opts?: pulumi.InvokeOptions,
): Promise<GetReceptiveUrlConfigResult> {
  return lookup("getReceptiveUrlConfig", args, opts);
}

/**
 * As {@link getReceptiveUrlConfig}, for arguments that may be outputs.
 *
 * @example
 * ```ts
 * import { ClusterAgent, getReceptiveUrlConfigOutput, ReceptiveUrlConfig } from "pulumi-gitlab-agent";
 *
 * const { project, agentId } = new ClusterAgent("edge", { project: "group/app" });
 * const { urlConfigurationId } = new ReceptiveUrlConfig("edge", { project, agentId, url: "grpcs://edge.example.com:443" });
 * export const publicKey = getReceptiveUrlConfigOutput({ project, agentId, urlConfigurationId }).publicKey;
 * ```
 */
export function getReceptiveUrlConfigOutput(
  args: GetReceptiveUrlConfigOutputArgs,
  opts?: pulumi.InvokeOutputOptions,
): pulumi.Output<GetReceptiveUrlConfigResult> {
  return lookupOutput("getReceptiveUrlConfig", args, opts);
}

/**
 * Lists the URL configurations of an agent: none or one. Needs the Maintainer role, and GitLab Ultimate, self-managed.
 *
 * @param args project and agent
 * @param opts `provider`: an explicit provider; `parent`: a resource whose provider serves. Default: the stack's settings
 * @throws LookupError where GitLab does not show the agent, or receptive agents are not licensed or switched off
 * @example
 * ```ts
 * import { getReceptiveUrlConfigs } from "pulumi-gitlab-agent";
 *
 * export const url = getReceptiveUrlConfigs({ project: "group/app", agentId: 7 }).then(([config]) => config?.url);
 * ```
 * @see https://docs.gitlab.com/api/cluster_agents/#list-url-configurations-for-an-agent
 */
export function getReceptiveUrlConfigs(
  args: GetReceptiveUrlConfigsArgs,
  opts?: pulumi.InvokeOptions,
): Promise<GetReceptiveUrlConfigResult[]> {
  return lookup("getReceptiveUrlConfigs", args, opts);
}

/**
 * As {@link getReceptiveUrlConfigs}, for arguments that may be outputs.
 *
 * @example
 * ```ts
 * import { ClusterAgent, getReceptiveUrlConfigsOutput } from "pulumi-gitlab-agent";
 *
 * const { project, agentId } = ClusterAgent.get("edge", "group/app:7");
 * export const configurations = getReceptiveUrlConfigsOutput({ project, agentId });
 * ```
 */
export function getReceptiveUrlConfigsOutput(
  args: GetReceptiveUrlConfigsOutputArgs,
  opts?: pulumi.InvokeOutputOptions,
): pulumi.Output<GetReceptiveUrlConfigResult[]> {
  return lookupOutput("getReceptiveUrlConfigs", args, opts);
}

import type * as pulumi from "@pulumi/pulumi";
import { lookup, lookupOutput } from "./lookup";
import type { AgentArgs, Inputs } from "./lookupArgs";

/** The URL configuration of a receptive agent, as GitLab returns it, never with its client key. */
export interface GetReceptiveUrlConfigResult {
  /**
   * The configuration's numeric id.
   *
   * @example 3
   */
  id: number;
  /**
   * The same as `id`, under the name that resources and other functions use.
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
   * The address at which GitLab reaches the agent: `grpc://…` or `grpcs://…`.
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
   * The certificate with which GitLab authenticates to the agent, PEM (mTLS); undefined with JWT.
   *
   * @example "-----BEGIN CERTIFICATE-----\n…"
   */
  clientCert: string | undefined;
  /**
   * The CA certificates with which GitLab verifies the agent's endpoint, PEM.
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
 * @param opts `provider`: an explicit provider; `parent`: a resource whose provider is used. Default: the stack's configuration
 * @throws LookupError if there is no such configuration, or if receptive agents are not licensed or enabled
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
 * Like {@link getReceptiveUrlConfig}, but the arguments may be outputs.
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
 * @param opts `provider`: an explicit provider; `parent`: a resource whose provider is used. Default: the stack's configuration
 * @throws LookupError if GitLab does not show the agent, or if receptive agents are not licensed or enabled
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
 * Like {@link getReceptiveUrlConfigs}, but the arguments may be outputs.
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

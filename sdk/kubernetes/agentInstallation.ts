import type { Secret } from "@pulumi/kubernetes/core/v1";
import type { Release } from "@pulumi/kubernetes/helm/v3/release";
import * as pulumi from "@pulumi/pulumi";
import { AgentConnection } from "../agentConnection";
import { AgentToken } from "../agentToken";
import { keepDeclaringLine } from "../callSite";
import { ClusterAgent } from "../clusterAgent";
import { getKasOutput } from "../getKas";
import { PERMANENT_COMPONENT } from "../permanent";
import { ReceptiveUrlConfig } from "../receptiveUrlConfig";
import type { AgentInstallationArgs } from "./agentInstallationArgs";
import { install, type GitLabResources } from "./installation";

/** What the component creates in GitLab. */
const RESOURCES: GitLabResources = {
  ClusterAgent,
  AgentToken,
  AgentConnection,
  ReceptiveUrlConfig,
  getKasOutput,
  otherType: (kind) => `gitlab-agent:index:${kind}`,
};

/**
 * Registers an agent, stores its token in a Kubernetes Secret, and installs GitLab's Helm chart, which reads the token.
 *
 * The token is never a Helm value, since Helm stores values in plain text. The Secret's name contains the token's id. In a rotation
 * (`tokenRotationTriggers`, `tokenRotateAfterDays`) the update creates a new token and a new Secret, the release restarts its pods
 * with it one by one, and the update waits until GitLab reports that the new token was used (`awaitConnection`). Only then it deletes
 * the old Secret and revokes the old token. A failed wait ends the update before that. So the cluster always has a working
 * token if one of the agent's two slots is free; if both are taken, the old token is revoked first, with a warning.
 *
 * Needs `@pulumi/kubernetes` 4 and the Maintainer role in the project. **The chart makes the agent
 * cluster-admin by default**; `values: { rbac: { useExistingRole: … } }` limits it.
 *
 * @example
 * ```ts
 * import { AgentInstallation } from "pulumi-gitlab-agent/kubernetes";
 *
 * const installation = new AgentInstallation("production", {
 *   project: "group/app",
 *   tokenRotationTriggers: { month: "2026-11" },
 *   values: { rbac: { useExistingRole: "view" } },
 * });
 * export const agentId = installation.agent.agentId;
 * ```
 *
 * @example With explicit providers for GitLab and the cluster.
 * ```ts
 * import * as kubernetes from "@pulumi/kubernetes";
 * import { Provider } from "pulumi-gitlab-agent";
 * import { AgentInstallation } from "pulumi-gitlab-agent/kubernetes";
 *
 * const gitlab = new Provider("internal", { baseUrl: "https://gitlab.example.com" });
 * const cluster = new kubernetes.Provider("edge", { context: "edge" });
 * new AgentInstallation("edge", { project: "group/app" }, { providers: [gitlab, cluster] });
 * ```
 *
 * @see https://docs.gitlab.com/user/clusters/agent/install/
 */
export class AgentInstallation extends pulumi.ComponentResource {
  /** @internal */
  static readonly __pulumiType = PERMANENT_COMPONENT;

  /** Whether an object is an AgentInstallation, also if the package is loaded twice. */
  static override isInstance(object: unknown): object is AgentInstallation {
    return (
      pulumi.ComponentResource.isInstance(object) &&
      (object as { __pulumiType?: string }).__pulumiType === AgentInstallation.__pulumiType
    );
  }

  /**
   * The agent: the given one, or the registered one.
   *
   * @example export const agentId = installation.agent.agentId;
   */
  readonly agent: ClusterAgent;
  /**
   * The agent's token. `token.token` is secret.
   *
   * @example export const since = installation.token.createdAt;
   */
  readonly token: AgentToken;
  /**
   * The Kubernetes Secret with the token. A new token creates a new Secret.
   *
   * @example installation.secret.metadata.name
   */
  readonly secret: Secret;
  /**
   * The release of GitLab's chart.
   *
   * @example installation.release.status.version
   */
  readonly release: Release;
  /**
   * The wait until the agent has used its token; undefined if `awaitConnection` is false.
   *
   * @example export const connectedAt = installation.connection?.lastUsedAt;
   */
  readonly connection: AgentConnection | undefined;
  /**
   * The name of the namespace of the Secret and the release.
   *
   * @example "gitlab-agent-production"
   */
  readonly namespace: pulumi.Output<string>;
  /**
   * GitLab's URL configuration, if the agent is receptive.
   *
   * @example export const publicKey = installation.urlConfig?.publicKey;
   */
  readonly urlConfig: ReceptiveUrlConfig | undefined;

  /**
   * Installs an agent.
   *
   * @param name the name of the component, and of the agent unless `args.agentName` is set
   * @param args what to install, and where
   * @param opts resource options. `providers` takes a `Provider` of this package and a `kubernetes.Provider`
   * @throws Error if both or neither of `agent` and `project` are given, if `receptive` has a client certificate without
   *   `tls`, or if the values contain `config.token`
   */
  constructor(name: string, args: AgentInstallationArgs, opts?: pulumi.ComponentResourceOptions) {
    const restore = keepDeclaringLine();
    try {
      super(AgentInstallation.__pulumiType, name, {}, opts);
    } finally {
      restore();
    }
    const children = install(this, name, args, RESOURCES);
    this.agent = children.agent;
    this.token = children.token;
    this.secret = children.secret;
    this.release = children.release;
    this.connection = children.connection;
    this.namespace = children.namespace;
    this.urlConfig = children.urlConfig;
    this.registerOutputs({ ...children });
  }
}

import { Namespace, Secret } from "@pulumi/kubernetes/core/v1";
import { Release } from "@pulumi/kubernetes/helm/v3";
import * as pulumi from "@pulumi/pulumi";
import { coded } from "../coded";
import { AgentConnection } from "../agentConnection";
import { AgentToken } from "../agentToken";
import { keepDeclaringLine } from "../callSite";
import { ClusterAgent } from "../clusterAgent";
import { permanent, PERMANENT_COMPONENT } from "../permanent";
import type { ReceptiveUrlConfig } from "../receptiveUrlConfig";
import type { AgentInstallationArgs } from "./agentInstallationArgs";
import { chartOf } from "./chart";
import { kasAddress } from "./kasAddress";
import { namespaceName, releaseName, secretName } from "./names";
import { receptiveAgent } from "./receptiveAgent";
import { mergeValues, type Values } from "./values";

/** Seconds to wait for a receptive agent: GitLab looks for new ones every five to ten minutes. */
const RECEPTIVE_TIMEOUT = 900;

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
    const parent = { parent: this };
    // Children have the component's name, so that agent and token are named after it in GitLab, and keep their names
    // if the component is renamed with an alias.
    this.agent = agentOf(name, args, parent);
    // A token belongs to the GitLab of its agent, so it uses the agent's provider.
    const provider = this.agent.getProvider(permanent("AgentToken").type);
    const gitlab = { ...parent, ...(provider && { provider }) };
    const { project, agentId, name: agentName } = this.agent;
    const rotationTriggers = args.tokenRotationTriggers;
    const rotateAfterDays = args.tokenRotateAfterDays;
    this.token = new AgentToken(name, { project, agentId, rotationTriggers, rotateAfterDays }, gitlab);

    const receptive = args.receptive && receptiveAgent(name, { project, agentId }, args.receptive, gitlab);
    this.urlConfig = receptive?.urlConfig;
    const content = pulumi.output(receptive?.stringData ?? {});
    const release = agentName.apply(releaseName);
    this.namespace = namespaceOf(name, args, agentName, parent);
    this.secret = new Secret(
      name,
      {
        metadata: {
          // Some of the name's sources are secret; the name is not.
          name: pulumi.unsecret(
            pulumi
              .all([release, this.token.tokenId, content])
              .apply(([named, tokenId, known]) => secretName(named, tokenId, known)),
          ),
          namespace: this.namespace,
        },
        stringData: pulumi.secret(content.apply((known) => ({ ...known, token: this.token.token }))),
      },
      parent,
    );

    const mounted = this.secret.metadata.name;
    const own: Values = receptive?.values(mounted) ?? {
      config: { secretName: mounted, kasAddress: kasAddress(args.kasAddress, gitlab) },
    };
    const replicas = args.replicas === undefined ? {} : { replicas: args.replicas };
    const values = mergeValues({ ...own, ...replicas }, args.values as pulumi.Input<Values> | undefined);
    this.release = new Release(
      name,
      {
        name: release,
        namespace: this.namespace,
        ...chartOf(args),
        values,
        // A null value removes a default of the chart.
        allowNullValues: true,
      },
      parent,
    );
    const { tokenId } = this.token;
    const timeout = args.connectionTimeout ?? (args.receptive === undefined ? undefined : RECEPTIVE_TIMEOUT);
    this.connection =
      args.awaitConnection === false
        ? undefined
        : new AgentConnection(name, { project, agentId, tokenId, timeout }, { ...gitlab, dependsOn: this.release });
    this.registerOutputs({
      agent: this.agent,
      token: this.token,
      secret: this.secret,
      release: this.release,
      namespace: this.namespace,
      urlConfig: this.urlConfig,
      connection: this.connection,
    });
  }
}

type Parent = { parent: pulumi.Resource };

function agentOf(name: string, { agent, project, agentName }: AgentInstallationArgs, parent: Parent): ClusterAgent {
  if (agent !== undefined) {
    if (project === undefined && agentName === undefined) return agent;
    throw new pulumi.RunError(
      coded(
        `AgentInstallation "${name}" is given both \`agent\` and \`${project === undefined ? "agentName" : "project"}\`. Give \`agent\` to install an agent that is registered; give \`project\`, with or without \`agentName\`, to register one.`,
      ),
    );
  }
  if (project === undefined) {
    throw new pulumi.RunError(
      coded(
        `AgentInstallation "${name}" is given neither \`agent\` nor \`project\`. Give \`agent\` to install an agent that is registered, or \`project\` to register one there.`,
      ),
    );
  }
  return new ClusterAgent(name, { project, name: agentName }, parent);
}

function namespaceOf(
  name: string,
  { namespace, createNamespace = namespace === undefined }: AgentInstallationArgs,
  agentName: pulumi.Output<string>,
  parent: Parent,
): pulumi.Output<string> {
  if (Namespace.isInstance(namespace)) return namespace.metadata.name;
  const named = pulumi.output(namespace ?? agentName.apply(namespaceName));
  return createNamespace ? new Namespace(name, { metadata: { name: named } }, parent).metadata.name : named;
}

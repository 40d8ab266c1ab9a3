import * as pulumi from "@pulumi/pulumi";
import { keepDeclaringLine } from "./callSite";
import { declare } from "./declaration";
import { permanent } from "./permanent";

/**
 * Waits until an agent has used its token. The creation ends when GitLab reports that the token was used, so `pulumi up` ends
 * only when the agent is connected. Ready pods alone do not prove this.
 *
 * In a rotation the old token is revoked only afterwards. A failed wait ends the update before anything is revoked or
 * deleted; the next `pulumi up` continues. The agent has to get its token first: `{ dependsOn: release }`.
 *
 * It creates nothing in GitLab, and a deletion sends no request. A change of any input except `timeout` replaces it, the new one
 * first. Refresh removes it from the state if the token is gone. Reading needs the Developer role in the project. `import` is refused,
 * since there is nothing to import.
 *
 * The id in Pulumi's state is `<project>:<agentId>:<tokenId>`.
 *
 * @example
 * ```ts
 * import { Secret } from "@pulumi/kubernetes/core/v1";
 * import { Release } from "@pulumi/kubernetes/helm/v3";
 * import { AgentConnection, AgentToken, ClusterAgent } from "pulumi-gitlab-agent";
 *
 * const agent = new ClusterAgent("production", { project: "group/app" });
 * const { project, agentId } = agent;
 * const token = new AgentToken("production", { project, agentId, rotateAfterDays: 90 });
 * const secret = new Secret("production", { stringData: { token: token.token } });
 * const release = new Release("production", {
 *   chart: "gitlab-agent",
 *   repositoryOpts: { repo: "https://charts.gitlab.io" },
 *   values: { config: { secretName: secret.metadata.name, kasAddress: "wss://kas.gitlab.com" } },
 * });
 * new AgentConnection("production", { project, agentId, tokenId: token.tokenId }, { dependsOn: release });
 * ```
 *
 * @see https://docs.gitlab.com/api/cluster_agents/#retrieve-an-agent-token
 */
export class AgentConnection extends pulumi.CustomResource {
  /** @internal */
  static readonly __pulumiType = permanent("AgentConnection").type;

  /**
   * Looks up a connection without managing it and without waiting: `lastUsedAt` is undefined if no agent has used the token.
   *
   * @param name the name of the resource in this program
   * @param id `<project>:<agentId>:<tokenId>`, for example `group/app:7:21`
   * @param opts resource options, such as `provider`
   * @example
   * ```ts
   * import { AgentConnection } from "pulumi-gitlab-agent";
   *
   * const connection = AgentConnection.get("by-hand", "group/app:7:21");
   * export const lastUsedAt = connection.lastUsedAt;
   * ```
   */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts?: pulumi.CustomResourceOptions): AgentConnection {
    return new AgentConnection(name, undefined, { ...opts, id });
  }

  /** Whether an object is an AgentConnection, also if the package is loaded twice. */
  static override isInstance(object: unknown): object is AgentConnection {
    return (
      pulumi.CustomResource.isInstance(object) &&
      (object as { __pulumiType?: string }).__pulumiType === AgentConnection.__pulumiType
    );
  }

  /**
   * The project as declared.
   *
   * @example "group/app"
   */
  declare readonly project: pulumi.Output<string | number>;
  /**
   * The agent's numeric id.
   *
   * @example 7
   */
  declare readonly agentId: pulumi.Output<number>;
  /**
   * The token's numeric id.
   *
   * @example 21
   */
  declare readonly tokenId: pulumi.Output<number>;
  /**
   * The limit of the wait in seconds, as declared; undefined if not set.
   *
   * @example 900
   */
  declare readonly timeout: pulumi.Output<number | undefined>;
  /**
   * When the token was used, ISO 8601 in UTC, as first reported by GitLab. Later uses do not change it: the
   * function `getAgentToken` returns the last use.
   *
   * @example export const connectedAt = connection.lastUsedAt;
   */
  declare readonly lastUsedAt: pulumi.Output<string | undefined>;

  /**
   * Waits for the first use of a token.
   *
   * @param name the name of the resource
   * @param args which token to wait for
   * @param opts resource options. `dependsOn` names the resource that gives the agent its token
   */
  constructor(name: string, args: AgentConnectionArgs, opts?: pulumi.CustomResourceOptions);
  /** @internal */
  constructor(name: string, args: undefined, opts: pulumi.CustomResourceOptions);
  constructor(name: string, args?: AgentConnectionArgs, opts?: pulumi.CustomResourceOptions) {
    const declaration = declare("AgentConnection", args, OUTPUTS, opts);
    const restore = keepDeclaringLine();
    try {
      super(AgentConnection.__pulumiType, name, declaration.props, declaration.opts);
    } finally {
      restore();
    }
  }
}

const OUTPUTS = ["project", "agentId", "tokenId", "timeout", "lastUsedAt"];

/** Which token to wait for. */
export interface AgentConnectionArgs {
  /**
   * The project of the agent: its numeric id or its full path, usually `agent.project`. A change replaces
   * the connection; another spelling of the same project is not a change.
   *
   * @example agent.project
   */
  project: pulumi.Input<string | number>;
  /**
   * The agent's numeric id, usually `agent.agentId`. A change replaces the connection.
   *
   * @example agent.agentId
   */
  agentId: pulumi.Input<number>;
  /**
   * The numeric id of the token that the agent should use, usually `token.tokenId`. A change replaces the
   * connection: the new one waits for the use of the new token.
   *
   * @example token.tokenId
   */
  tokenId: pulumi.Input<number>;
  /**
   * The limit of the wait in seconds, from 1 to 86400. It replaces `gitlab:operationTimeout` for this wait. GitLab looks for new
   * receptive agents every five to ten minutes: set 900 for them. A change does not replace the resource.
   *
   * @default 600
   * @example 900
   */
  timeout?: pulumi.Input<number>;
}

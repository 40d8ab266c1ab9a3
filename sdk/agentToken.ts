import * as pulumi from "@pulumi/pulumi";
import { keepDeclaringLine } from "./callSite";
import { declare, named } from "./declaration";
import { permanent } from "./permanent";

/**
 * A token with which an agent in a cluster authenticates to GitLab. GitLab shows its secret once, at creation. The output `token`
 * keeps it as a Pulumi secret, as long as refreshes find the token active.
 *
 * GitLab cannot update a token: any change of an input creates a new one, and revokes the old one after everything that uses
 * `token` in the same update has the new one. Nothing else is moved: a cluster that was installed by hand, or another stack, is
 * disconnected. For these, declare a second token, move them to it, then remove the first (docs/replacement.md, "Consumers
 * outside the update"). An agent has two slots for active tokens; if both are taken, the old one is revoked first, with a
 * warning. The resource option `deleteBeforeReplace: false` refuses this: the update then fails, and nothing is revoked.
 * Creating and revoking need the Maintainer role in the project, reading the Developer role.
 *
 * The id in Pulumi's state is `<project>:<agentId>:<tokenId>`.
 *
 * @example
 * ```ts
 * import { AgentToken, ClusterAgent } from "pulumi-gitlab-agent";
 *
 * const agent = new ClusterAgent("production", { project: "group/app" });
 * const token = new AgentToken("production", {
 *   project: agent.project,
 *   agentId: agent.agentId,
 *   rotationTriggers: { month: "2026-11" },
 * });
 * export const agentToken = token.token;
 * ```
 *
 * @see https://docs.gitlab.com/api/cluster_agents/#create-an-agent-token
 */
export class AgentToken<MayLack extends boolean = false> extends pulumi.CustomResource {
  /** @internal */
  static readonly __pulumiType = permanent("AgentToken").type;

  /**
   * Looks up an existing active token without managing it. Its secret cannot be retrieved: `token` is undefined.
   *
   * @param name the name of the resource in this program
   * @param id `<project>:<agentId>:<tokenId>`, for example `group/app:7:21`
   * @param opts resource options, such as `provider`
   * @example
   * ```ts
   * import { AgentToken } from "pulumi-gitlab-agent";
   *
   * const token = AgentToken.get("by-hand", "group/app:7:21");
   * export const since = token.createdAt;
   * ```
   */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts?: pulumi.CustomResourceOptions): AgentToken<true> {
    return new AgentToken<true>(name, undefined as never, { ...opts, id });
  }

  /** Whether an object is an AgentToken, also if the package is loaded twice. */
  static override isInstance(object: unknown): object is AgentToken<boolean> {
    return (
      pulumi.CustomResource.isInstance(object) &&
      (object as { __pulumiType?: string }).__pulumiType === AgentToken.__pulumiType
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
   * The token's name.
   *
   * @example token.name.apply((name) => `${name} is in use`)
   */
  declare readonly name: pulumi.Output<string>;
  /**
   * The token's description, if it has one.
   *
   * @example token.description.apply((text) => text ?? "none")
   */
  declare readonly description: pulumi.Output<string | undefined>;
  /**
   * The triggers as declared.
   *
   * @example token.rotationTriggers.apply((triggers) => triggers?.month)
   */
  declare readonly rotationTriggers: pulumi.Output<Record<string, any> | undefined>; // eslint-disable-line @typescript-eslint/no-explicit-any
  /**
   * The age in days at which the token is replaced, as declared when the token was created; undefined if not set.
   *
   * @example token.rotateAfterDays.apply((days) => days ?? "never")
   */
  declare readonly rotateAfterDays: pulumi.Output<number | undefined>;
  /**
   * The token's numeric id.
   *
   * @example getAgentTokenOutput({ project, agentId, tokenId: token.tokenId }).lastUsedAt
   */
  declare readonly tokenId: pulumi.Output<number>;
  /**
   * The token itself. Always secret. Undefined (also in its type) if the token was imported or looked up: GitLab shows
   * it once.
   *
   * @example new Secret("agent-token", { stringData: { token: token.token } })
   */
  declare readonly token: pulumi.Output<MayLack extends false ? string : string | undefined>;
  /**
   * The token's state in GitLab: `active`.
   *
   * @example "active"
   */
  declare readonly status: pulumi.Output<AgentTokenStatus>;
  /**
   * When the token was created, ISO 8601 in UTC.
   *
   * @example token.createdAt.apply((at) => Date.now() - Date.parse(at))
   */
  declare readonly createdAt: pulumi.Output<string>;
  /**
   * The id of the user who created the token; undefined if that user was deleted.
   *
   * @example 42
   */
  declare readonly createdByUserId: pulumi.Output<number | undefined>;

  /**
   * Creates a token.
   *
   * @param name the name of the resource, and of the token unless `args.name` is set
   * @param args what to create
   * @param opts resource options. `import` imports an existing token without its secret and needs `allowMissingToken: true`.
   *   `retainOnDelete` leaves a replaced token active in GitLab, for consumers outside the update
   */
  constructor(name: string, args: AgentTokenArgs, opts?: AgentTokenOptions<MayLack>) {
    const { allowMissingToken, ...rest } = opts ?? {};
    const inputs =
      opts?.id === undefined ? named({ ...args, ...(allowMissingToken && { allowMissingToken }) }, name) : args;
    const declaration = declare("AgentToken", inputs, OUTPUTS, rest, ["token"]);
    const restore = keepDeclaringLine();
    try {
      super(AgentToken.__pulumiType, name, declaration.props, declaration.opts);
    } finally {
      restore();
    }
  }
}

const OUTPUTS = [
  "project",
  "agentId",
  "name",
  "description",
  "rotationTriggers",
  "rotateAfterDays",
  "tokenId",
  "token",
  "status",
  "createdAt",
  "createdByUserId",
];

/** The state of a token in GitLab. GitLab shows only active tokens: a revoked one is gone. */
export type AgentTokenStatus = "active" | "revoked";

/** What to create. */
export interface AgentTokenArgs {
  /**
   * The project of the agent: its numeric id or its full path, usually `agent.project`. A change replaces
   * the token; another spelling of the same project is not a change.
   *
   * @example agent.project
   */
  project: pulumi.Input<string | number>;
  /**
   * The agent's numeric id, usually `agent.agentId`. A change replaces the token.
   *
   * @example agent.agentId
   */
  agentId: pulumi.Input<number>;
  /**
   * The token's name, 1 to 255 characters. Names need not be unique. A change replaces the token.
   *
   * @default the name of the resource; if that changes and an alias keeps the object, the name in GitLab stays
   * @example "production-2026-11"
   */
  name?: pulumi.Input<string>;
  /**
   * What the token is for, at most 1024 characters. A change replaces the token.
   *
   * @default none
   * @example "used by the production cluster"
   */
  description?: pulumi.Input<string>;
  /**
   * Any values: a change of any of them creates a new token and revokes the old one in the same update. With a free slot the new
   * one is created first, and everything that uses `token` in this update gets it before the old one is revoked. If both slots of the
   * agent are taken, the old one is revoked first. Consumers of the old token outside this update (another stack, a cluster installed
   * by hand) are disconnected.
   *
   * @default none
   * @example { month: "2026-11" }
   */
  rotationTriggers?: pulumi.Input<Record<string, any>>; // eslint-disable-line @typescript-eslint/no-explicit-any
  /**
   * The age in days, at least 1, at which the token is replaced: the first update after so many days since `createdAt` creates a
   * new token, in the usual order, and the preview shows `rotateAfterDays` as the reason. The age counts by GitLab's clock if
   * GitLab has responded in this run, otherwise by this machine's; it needs no request. A change of the number replaces a token
   * only if the token is due by the new number. `rotationTriggers` apply too. An imported token keeps its age, so the next update
   * may replace it.
   *
   * @default none: the age replaces nothing
   * @example 90
   */
  rotateAfterDays?: pulumi.Input<number>;
}

/** Resource options of a token. */
export interface AgentTokenOptions<MayLack extends boolean = boolean> extends pulumi.CustomResourceOptions {
  /**
   * Accepts, with `import`, that the token's secret cannot be retrieved: `token` is undefined. The cluster keeps
   * using the token: a later change of an input revokes it in the same update.
   *
   * @default false
   * @example { import: "group/app:7:21", allowMissingToken: true }
   */
  allowMissingToken?: MayLack;
}

import * as pulumi from "@pulumi/pulumi";
import { keepDeclaringLine } from "./callSite";
import { declare, named } from "./declaration";
import { permanent } from "./permanent";

/**
 * An agent for Kubernetes, registered in a GitLab project.
 *
 * GitLab cannot update an agent: a change of `project` or `name` replaces it, the new agent first. Its tokens and its URL
 * configuration are replaced too. Registering and deleting need the Maintainer role in the project, reading the Developer
 * role. Agents are available in every tier of GitLab.
 *
 * The id in Pulumi's state is `<project>:<agentId>`. Pass `agent.agentId` to tokens and URL configurations.
 *
 * @example
 * ```ts
 * import { ClusterAgent } from "pulumi-gitlab-agent";
 *
 * const agent = new ClusterAgent("production", { project: "group/app" });
 * export const agentId = agent.agentId;
 * ```
 *
 * @example Importing an existing agent: nothing is created in GitLab, and the option may stay.
 * ```ts
 * import { ClusterAgent } from "pulumi-gitlab-agent";
 *
 * new ClusterAgent("staging", { project: "group/app" }, { import: "group/app:7" });
 * ```
 *
 * @see https://docs.gitlab.com/api/cluster_agents/#register-an-agent-with-a-project
 */
export class ClusterAgent extends pulumi.CustomResource {
  /** @internal */
  static readonly __pulumiType = permanent("ClusterAgent").type;

  /**
   * Looks up an existing agent without managing it. Fails if GitLab shows no such agent.
   *
   * @param name the name of the resource in this program
   * @param id `<project>:<agentId>`, for example `group/app:7`
   * @param opts resource options, such as `provider`
   * @example
   * ```ts
   * import { ClusterAgent } from "pulumi-gitlab-agent";
   *
   * const agent = ClusterAgent.get("shared", "group/infra:12");
   * export const name = agent.name;
   * ```
   */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts?: pulumi.CustomResourceOptions): ClusterAgent {
    return new ClusterAgent(name, undefined as never, { ...opts, id });
  }

  /** Whether an object is a ClusterAgent, also if the package is loaded twice. */
  static override isInstance(object: unknown): object is ClusterAgent {
    return (
      pulumi.CustomResource.isInstance(object) &&
      (object as { __pulumiType?: string }).__pulumiType === ClusterAgent.__pulumiType
    );
  }

  /**
   * The project as declared.
   *
   * @example new AgentToken("production", { project: agent.project, agentId: agent.agentId })
   */
  declare readonly project: pulumi.Output<string | number>;
  /**
   * The agent's name in GitLab.
   *
   * @example export const agentName = agent.name;
   */
  declare readonly name: pulumi.Output<string>;
  /**
   * The agent's numeric id, unique in its GitLab.
   *
   * @example new AgentToken("production", { project: agent.project, agentId: agent.agentId })
   */
  declare readonly agentId: pulumi.Output<number>;
  /**
   * The project with the agent's configuration, as GitLab returns it.
   *
   * @example agent.configProject.pathWithNamespace
   */
  declare readonly configProject: pulumi.Output<ConfigProject>;
  /**
   * When the agent was registered, ISO 8601 in UTC.
   *
   * @example agent.createdAt.apply((at) => new Date(at).getFullYear())
   */
  declare readonly createdAt: pulumi.Output<string>;
  /**
   * The id of the user who registered the agent; undefined if that user was deleted.
   *
   * @example agent.createdByUserId.apply((id) => id ?? "somebody who left")
   */
  declare readonly createdByUserId: pulumi.Output<number | undefined>;

  /**
   * Registers an agent.
   *
   * @param name the name of the resource, and of the agent unless `args.name` is set
   * @param args what to register
   * @param opts resource options. `import: "<project>:<agentId>"` imports an existing agent
   */
  constructor(name: string, args: ClusterAgentArgs, opts?: pulumi.CustomResourceOptions) {
    const inputs = opts?.id === undefined ? named(args, name) : args;
    const declaration = declare("ClusterAgent", inputs, OUTPUTS, opts);
    const restore = keepDeclaringLine();
    try {
      super(ClusterAgent.__pulumiType, name, declaration.props, declaration.opts);
    } finally {
      restore();
    }
  }
}

const OUTPUTS = ["project", "name", "agentId", "configProject", "createdAt", "createdByUserId"];

/** The project with an agent's configuration, as GitLab returns it. */
export interface ConfigProject {
  /**
   * Its numeric id, which does not change when the project is renamed or moved.
   *
   * @example 42
   */
  id: number;
  /**
   * Its description, if it has one.
   *
   * @example "Our clusters"
   */
  description?: string;
  /**
   * Its display name: `App`.
   *
   * @example "App"
   */
  name: string;
  /**
   * Its display name with its groups: `Group / App`.
   *
   * @example "Group / App"
   */
  nameWithNamespace: string;
  /**
   * The last segment of its path: `app`.
   *
   * @example "app"
   */
  path: string;
  /**
   * Its full path: `group/app`.
   *
   * @example "group/app"
   */
  pathWithNamespace: string;
  /**
   * When the project was created, ISO 8601 in UTC.
   *
   * @example "2026-11-22T09:30:00.000Z"
   */
  createdAt: string;
}

/** What to register. */
export interface ClusterAgentArgs {
  /**
   * The project with the agent's configuration: its numeric id (`42`), or its full path (`group/app`), plain or
   * URL-encoded. A change replaces the agent; another spelling of the same project is not a change.
   *
   * @example "group/app"
   */
  project: pulumi.Input<string | number>;
  /**
   * The agent's name: lowercase letters, digits and `-`, starting and ending with a letter or digit, at most 63 characters,
   * unique in the project. A change replaces the agent.
   *
   * @default the name of the resource; if that changes and an alias keeps the object, the name in GitLab stays
   * @example "production"
   */
  name?: pulumi.Input<string>;
}

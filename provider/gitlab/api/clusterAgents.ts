import type { BatchedReads } from "./batchedReads";
import type { KeptLists } from "./keptLists";
import { allOf, pagesOf, type Send } from "./pagination";
import { endpoint, projectPath, type ProjectRef } from "../http/request";
import type { Scope } from "./scope";

/** An agent, as the API sends it. */
export interface WireClusterAgent {
  id: number;
  name: string;
  config_project: {
    id: number;
    description: string | null;
    name: string;
    name_with_namespace: string;
    path: string;
    path_with_namespace: string;
    created_at: string;
  };
  created_at: string;
  created_by_user_id: number | null;
  /** Only enterprise builds send it. */
  is_receptive?: boolean;
}

/**
 * Agents of a project. Reading needs the Developer role, writing the Maintainer role.
 *
 * @see https://docs.gitlab.com/api/cluster_agents/
 */
export interface ClusterAgents {
  /** All agents of the project, sorted by name, over all pages. */
  list(project: ProjectRef): Promise<WireClusterAgent[]>;
  /** One agent, by a GET of its own. @throws NotFoundError if it is gone or hidden */
  get(project: ProjectRef, agentId: number): Promise<WireClusterAgent>;
  /**
   * One agent. Reads of one project at about the same time share one list.
   *
   * @param projectId the project's numeric id, if known: it confirms a missing agent, so that a moved project needs no
   *   further request
   * @throws NotFoundError only after a 404 to its own GET
   */
  read(project: ProjectRef, agentId: number, projectId?: number): Promise<WireClusterAgent>;
  /**
   * One agent in the project's complete list; undefined if the list lacks it. Calls at about the same time
   * share one list, and a list that lacks the agent is used for half a minute.
   *
   * @param moment `now`: a list that shows the agent must be newer than this call
   */
  find(project: ProjectRef, agentId: number, moment: "now" | "lately"): Promise<WireClusterAgent | undefined>;
  /** Registers an agent. @throws LostResponseError if GitLab may have carried it out without a response */
  create(project: ProjectRef, name: string): Promise<WireClusterAgent>;
  /** Deletes an agent with its tokens. @throws NotFoundError if it is already gone, or hidden */
  delete(project: ProjectRef, agentId: number): Promise<void>;
}

/** An agent with the names used in programs, field by field. */
export function agentFrom(wire: WireClusterAgent) {
  const config = wire.config_project;
  return {
    agentId: wire.id,
    name: wire.name,
    configProject: {
      id: config.id,
      description: config.description ?? undefined,
      name: config.name,
      nameWithNamespace: config.name_with_namespace,
      path: config.path,
      pathWithNamespace: config.path_with_namespace,
      createdAt: config.created_at,
    },
    createdAt: wire.created_at,
    createdByUserId: wire.created_by_user_id ?? undefined,
    isReceptive: wire.is_receptive ?? undefined,
  };
}

/** The names of the project whose list contains this agent. */
export function namesOfList(agent: WireClusterAgent): string[] {
  const id = (agent.config_project as { id?: unknown } | undefined)?.id;
  return typeof id === "number" ? [String(id)] : [];
}

/** The endpoints of agents for one operation. */
export function clusterAgents(
  scope: Scope,
  reads: BatchedReads<WireClusterAgent>,
  lists: KeptLists<WireClusterAgent>,
  forget: () => void,
): ClusterAgents {
  const listPath = (project: ProjectRef): string => endpoint`/projects/${projectPath(project)}/cluster_agents`;
  const path = (project: ProjectRef, agentId: number): string => `${listPath(project)}${endpoint`/${agentId}`}`;
  const get = async (project: ProjectRef, agentId: number): Promise<WireClusterAgent> =>
    (await scope.send({ method: "GET", path: path(project, agentId), expect: "object", needs: ["id"] }))
      .body as WireClusterAgent;
  const sharedSend = (project: ProjectRef): Send =>
    scope.sharedSend(`list the agents of project ${projectPath(project)}`);
  // A new agent is in no list of before. A deleted one stays gone: what the kept lists lack need not be asked for again.
  const forgetAll = (): void => {
    forget();
    lists.forget();
  };
  return {
    list: (project) => allOf<WireClusterAgent>(scope.send, listPath(project)),
    get,
    read: (project, agentId, projectId) =>
      reads.read(projectPath(project), agentId, {
        what: scope.what,
        one: () => get(project, agentId),
        confirm: () => get(projectId ?? project, agentId),
        pages: () => pagesOf(sharedSend(project), listPath(project)),
        within: scope.within,
      }),
    find: (project, agentId, moment) =>
      scope.within(
        lists.find(projectPath(project), agentId, {
          what: scope.what,
          fresh: moment === "now",
          load: () => allOf<WireClusterAgent>(sharedSend(project), listPath(project)),
        }),
      ),
    create: (project, name) =>
      scope.write(forgetAll, async () => {
        const request = {
          method: "POST",
          path: listPath(project),
          body: { name },
          expect: "object",
          needs: ["id", "name"],
        } as const;
        return (await scope.send(request)).body as WireClusterAgent;
      }),
    delete: (project, agentId) =>
      scope.write(forget, async () => {
        await scope.send({ method: "DELETE", path: path(project, agentId), expect: "nothing" });
      }),
  };
}

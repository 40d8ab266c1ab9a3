import type { GatheredReads } from "./gatheredReads";
import { allOf, pagesOf } from "./pagination";
import { endpoint, projectPath, type ProjectRef } from "./request";
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
  /** Enterprise builds alone send it. */
  is_receptive?: boolean;
}

/**
 * Agents of a project. Reading needs the role Developer, writing Maintainer.
 *
 * @see https://docs.gitlab.com/api/cluster_agents/
 */
export interface ClusterAgents {
  /** All agents of the project, by name, over all pages. */
  list(project: ProjectRef): Promise<WireClusterAgent[]>;
  /** One agent, by a GET of its own. @throws NotFoundError where it is gone or hidden */
  get(project: ProjectRef, agentId: number): Promise<WireClusterAgent>;
  /**
   * One agent. Reads of one project that are asked for at about the same time share one run over the list.
   * @throws NotFoundError only after a GET of its own said 404
   */
  read(project: ProjectRef, agentId: number): Promise<WireClusterAgent>;
  /** Registers an agent. @throws LostAnswerError where GitLab may have carried it out unseen */
  create(project: ProjectRef, name: string): Promise<WireClusterAgent>;
  /** Deletes an agent with its tokens. @throws NotFoundError where it is gone already, or hidden */
  delete(project: ProjectRef, agentId: number): Promise<void>;
}

/** The endpoints of agents for one operation. */
export function clusterAgents(scope: Scope, reads: GatheredReads<WireClusterAgent>, forget: () => void): ClusterAgents {
  const listPath = (project: ProjectRef): string => endpoint`/projects/${projectPath(project)}/cluster_agents`;
  const path = (project: ProjectRef, agentId: number): string => `${listPath(project)}${endpoint`/${agentId}`}`;
  const get = async (project: ProjectRef, agentId: number): Promise<WireClusterAgent> =>
    (await scope.send({ method: "GET", path: path(project, agentId), expect: "object", needs: ["id"] }))
      .body as WireClusterAgent;
  return {
    list: (project) => allOf<WireClusterAgent>(scope.send, listPath(project)),
    get,
    read: (project, agentId) =>
      reads.read(projectPath(project), agentId, {
        what: scope.what,
        one: () => get(project, agentId),
        pages: () => pagesOf(scope.apart(`list the agents of project ${projectPath(project)}`), listPath(project)),
        within: scope.within,
      }),
    create: (project, name) =>
      scope.write(forget, async () => {
        const ask = {
          method: "POST",
          path: listPath(project),
          body: { name },
          expect: "object",
          needs: ["id", "name"],
        } as const;
        return (await scope.send(ask)).body as WireClusterAgent;
      }),
    delete: (project, agentId) =>
      scope.write(forget, async () => {
        await scope.send({ method: "DELETE", path: path(project, agentId), expect: "nothing" });
      }),
  };
}

import { endpoint, projectPath, type ProjectRef } from "../http/request";
import type { Scope } from "./scope";

/** A project, as far as this package reads it. */
export interface WireProject {
  id: number;
  path_with_namespace: string;
}

/**
 * Projects. Every role that can see a project may read it.
 *
 * @see https://docs.gitlab.com/api/projects/#retrieve-a-project
 */
export interface Projects {
  /** One project, by id or path; a renamed one is found under its old path. @throws NotFoundError if gone or hidden */
  get(project: ProjectRef): Promise<WireProject>;
}

/** The endpoints of projects for one operation. */
export function projects(scope: Scope): Projects {
  return {
    get: async (project) =>
      (
        await scope.send({
          method: "GET",
          path: endpoint`/projects/${projectPath(project)}`,
          expect: "object",
          needs: ["id"],
        })
      ).body as WireProject,
  };
}

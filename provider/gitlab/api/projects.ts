import { endpoint, projectPath, type ProjectRef } from "../http/request";
import type { Scope } from "./scope";

/** A member's role, by GitLab's number: 10 Guest, 15 Planner, 20 Reporter, 30 Developer, 40 Maintainer, 50 Owner. */
export interface WireAccess {
  access_level: number;
}

/** A project's fields that this package reads. */
export interface WireProject {
  id: number;
  name: string;
  path: string;
  path_with_namespace: string;
  name_with_namespace: string;
  description: string | null;
  created_at: string;
  default_branch?: string | null;
  visibility?: string;
  archived?: boolean;
  marked_for_deletion_on?: string | null;
  /** The current user's own roles; absent if GitLab does not report them. */
  permissions?: { project_access: WireAccess | null; group_access: WireAccess | null };
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

import type { SimulatorContext } from "./context";
import { ApiError, forbidden, notFound, recordNotFound } from "./errors";
import type { AgentRecord, ProjectRecord, Role, UserRecord } from "./records";
import { ROLES } from "./records";

/** Whether a role is at least the required one. */
export const atLeast = (role: Role, lowest: Role): boolean => ROLES.indexOf(role) >= ROLES.indexOf(lowest);

/** A user's role in a project; an administrator is an owner everywhere. */
export function roleIn(user: UserRecord | undefined, project: ProjectRecord): Role {
  if (user === undefined) return "none";
  if (user.admin) return "owner";
  if (typeof user.role === "string") return user.role;
  return user.role[project.id] ?? user.role[project.path] ?? "none";
}

/**
 * The project in the path, if the user may see it.
 *
 * @throws ApiError 404 if it is absent or hidden; 301 (GET) or 405 (others) if it was requested by a former path
 */
export function visibleProject(c: SimulatorContext, user: UserRecord | undefined): ProjectRecord {
  const { store, externalUrl } = c.env.simulation;
  const id = c.req.param("id") ?? "";
  const project = store.projectByIdOrPath(id);
  if (project === undefined) throw notFound("Project");
  if (project.visibility === "private" && !atLeast(roleIn(user, project), "guest")) throw notFound("Project");
  if (store.isFormerPath(project, id)) {
    if (c.req.method !== "GET") {
      throw new ApiError(405, { message: "Non GET methods are not allowed for moved projects" });
    }
    const path = c.env.rawPath.replace(/^(.*?\/projects\/)[^/]+/, (_, before: string) => `${before}${project.id}`);
    const location = `${externalUrl()}${path}${new URL(c.req.url).search}`;
    throw new ApiError(301, `This resource has been moved permanently to ${location}`, { Location: location });
  }
  return project;
}

/** @throws ApiError 403 below the required role */
export function authorize(user: UserRecord, project: ProjectRecord, lowest: Role): void {
  if (!atLeast(roleIn(user, project), lowest)) throw forbidden();
}

/** An agent of the project. @throws ApiError 404 if it is absent or belongs to another project */
export function agentOf(c: SimulatorContext, project: ProjectRecord, agentId: number | null | undefined): AgentRecord {
  const agent = c.env.simulation.store.agents.get(agentId ?? 0);
  if (agent === undefined || agent.projectId !== project.id) throw recordNotFound();
  return agent;
}

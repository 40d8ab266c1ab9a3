import { projectViolation } from "./validation";

/** A project as declared: its numeric id, or its full path, plain or URL-encoded. */
export type ProjectName = string | number;

/**
 * What our resources manage in GitLab, in GitLab's words: `agent`, `token`, `URL configuration`. Each kind is numbered separately:
 * the same number in all of them is normal.
 */
export type ObjectKind = string;

/** The parts of an id in Pulumi's state. */
export interface ObjectId {
  project: string;
  agentId: number;
  /** The object's own number; that of an agent is its `agentId`. */
  objectId: number;
}

/**
 * An id in Pulumi's state, with the project as declared: `<project>:<agentId>` of an agent, `<project>:<agentId>:<objectId>`
 * of its tokens and URL configurations.
 */
export function formatId(project: ProjectName, agentId: number, objectId?: number): string {
  return [project, agentId, ...(objectId === undefined ? [] : [objectId])].join(":");
}

/**
 * Parses the id of a resource.
 *
 * @param resource the resource's name, for the error
 * @param number the output that has the object's number: `agentId` of an agent
 * @throws IdError if it has another form
 */
export function parseId(id: string, resource: string, number: string): ObjectId {
  const own = number === "agentId";
  const [, project = "", agentId, objectId] = (own ? /^(.+):(\d+)$/s : /^(.+):(\d+):(\d+)$/s).exec(id) ?? [];
  if (agentId === undefined || projectViolation(project) !== undefined) {
    throw own
      ? new IdError(resource, id, "<project>:<agentId>", "group/app:7")
      : new IdError(resource, id, `<project>:<agentId>:<${number}>`, "group/app:7:21");
  }
  return { project, agentId: Number(agentId), objectId: Number(objectId ?? agentId) };
}

/** The project in an id, in the type that a program would use. */
export function projectFromId(project: string): ProjectName {
  return /^\d+$/.test(project) ? Number(project) : project;
}

/** An id without the form of its resource's ids. */
export class IdError extends Error {
  override readonly name = "IdError";
  constructor(resource: string, id: string, form: string, example: string) {
    super(`"${id}" is not the id of a ${resource}. Such an id has the form ${form}, for example ${example}.`);
  }
}

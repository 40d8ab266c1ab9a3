import { projectViolation } from "./validation";

/** A project as a program names it: its numeric id, or its full path, plain or URL-encoded. */
export type ProjectName = string | number;

/** The resources that an id in Pulumi's state may belong to. */
export type ResourceName = "ClusterAgent" | "AgentToken" | "AgentConnection" | "ReceptiveUrlConfig";

/** What an id in Pulumi's state names. */
export interface ObjectId {
  project: string;
  agentId: number;
  /** The object's own number; that of an agent is its `agentId`. */
  objectId: number;
}

/**
 * An id in Pulumi's state, the project as the program gave it: `<project>:<agentId>` of an agent, `<project>:<agentId>:<objectId>`
 * of what belongs to one.
 */
export function formatId(project: ProjectName, agentId: number, objectId?: number): string {
  return [project, agentId, ...(objectId === undefined ? [] : [objectId])].join(":");
}

const CHILDREN = { AgentToken: "tokenId", AgentConnection: "tokenId", ReceptiveUrlConfig: "urlConfigurationId" };

/** Takes apart the id of a resource. @throws IdError where it has another form */
export function parseId(resource: ResourceName, id: string): ObjectId {
  const own = resource === "ClusterAgent";
  const [, project = "", agentId, objectId] = (own ? /^(.+):(\d+)$/s : /^(.+):(\d+):(\d+)$/s).exec(id) ?? [];
  if (agentId === undefined || projectViolation(project) !== undefined) {
    throw own
      ? new IdError(resource, id, "<project>:<agentId>", "group/app:7")
      : new IdError(resource, id, `<project>:<agentId>:<${CHILDREN[resource]}>`, "group/app:7:21");
  }
  return { project, agentId: Number(agentId), objectId: Number(objectId ?? agentId) };
}

/** The project that an id names, in the type that a program would give it in. */
export function projectFromId(project: string): ProjectName {
  return /^\d+$/.test(project) ? Number(project) : project;
}

/** An id that has not the form of its resource's ids. */
export class IdError extends Error {
  override readonly name = "IdError";
  constructor(resource: string, id: string, form: string, example: string) {
    super(`"${id}" is not the id of a ${resource}. Such an id reads ${form}, for example ${example}.`);
  }
}

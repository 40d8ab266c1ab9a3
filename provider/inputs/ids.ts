import { projectViolation } from "./validation";

/** A project as declared: its numeric id, or its full path, plain or URL-encoded. */
export type ProjectName = string | number;

/** The resources with an id in Pulumi's state: GitLab's word for their objects, and the output that has an object's number. */
export const RESOURCES = {
  ClusterAgent: { kind: "agent", number: "agentId" },
  AgentToken: { kind: "token", number: "tokenId" },
  // It has no object of its own: its id is that of the token that it waits for.
  AgentConnection: { kind: "connection", number: "tokenId" },
  ReceptiveUrlConfig: { kind: "URL configuration", number: "urlConfigurationId" },
} as const;

/** The name of a resource. */
export type ResourceName = keyof typeof RESOURCES;

/** What our resources manage in GitLab. Each kind is numbered separately: the same number in all of them is normal. */
export type ObjectKind = Exclude<(typeof RESOURCES)[ResourceName]["kind"], "connection">;

/** The resource that manages a kind of object. */
export function resourceOf(kind: ObjectKind): ResourceName {
  return (Object.keys(RESOURCES) as ResourceName[]).find((name) => RESOURCES[name].kind === kind) ?? "ClusterAgent";
}

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

/** Parses the id of a resource. @throws IdError if it has another form */
export function parseId(resource: ResourceName, id: string): ObjectId {
  const own = resource === "ClusterAgent";
  const [, project = "", agentId, objectId] = (own ? /^(.+):(\d+)$/s : /^(.+):(\d+):(\d+)$/s).exec(id) ?? [];
  if (agentId === undefined || projectViolation(project) !== undefined) {
    throw own
      ? new IdError(resource, id, "<project>:<agentId>", "group/app:7")
      : new IdError(resource, id, `<project>:<agentId>:<${RESOURCES[resource].number}>`, "group/app:7:21");
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

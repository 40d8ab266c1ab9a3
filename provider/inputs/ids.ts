import { projectFault } from "./validation";

/** A project as a program names it: its numeric id, or its full path, plain or URL-encoded. */
export type ProjectName = string | number;

/** The id of an agent in Pulumi's state: `<project>:<agentId>`, the project as the program gave it. */
export function formatAgentId(project: ProjectName, agentId: number): string {
  return `${project}:${agentId}`;
}

/** The id of a token or of a URL configuration in Pulumi's state: `<project>:<agentId>:<id>`. */
export function formatChildId(project: ProjectName, agentId: number, childId: number): string {
  return `${project}:${agentId}:${childId}`;
}

/** Takes apart the id of a ClusterAgent. */
export function parseAgentId(id: string): { project: string; agentId: number } {
  const [, project, agentId] = /^(.+):(\d+)$/s.exec(id) ?? [];
  if (project === undefined || agentId === undefined || projectFault(project) !== undefined) {
    throw new IdError("ClusterAgent", id, "<project>:<agentId>", "group/app:7");
  }
  return { project, agentId: Number(agentId) };
}

/** Takes apart the id of an AgentToken, an AgentConnection or a ReceptiveUrlConfig. */
export function parseChildId(
  resource: "AgentToken" | "AgentConnection" | "ReceptiveUrlConfig",
  id: string,
): { project: string; agentId: number; childId: number } {
  const [, project, agentId, childId] = /^(.+):(\d+):(\d+)$/s.exec(id) ?? [];
  if (project === undefined || agentId === undefined || childId === undefined || projectFault(project) !== undefined) {
    const last = resource === "ReceptiveUrlConfig" ? "urlConfigurationId" : "tokenId";
    throw new IdError(resource, id, `<project>:<agentId>:<${last}>`, "group/app:7:21");
  }
  return { project, agentId: Number(agentId), childId: Number(childId) };
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

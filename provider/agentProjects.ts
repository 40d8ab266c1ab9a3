import { GitLabError, type Operation } from "./gitlab";
import { objectKey } from "./ownership/heldObjects";
import type { ProjectName } from "./inputs/ids";
import { canonicalProject, numericIdOf, numericProject, followMoves } from "./projects";

/** An agent, as the inputs of a token or a URL configuration name it. */
export interface AgentOf {
  project: ProjectName;
  agentId: number;
}

/**
 * The number of the project that an agent belongs to. Ids of agents are unique in a GitLab, so this is stronger than what a path
 * leads to: a project may have moved, and another one taken its path. Learnt from the agents themselves, from what is recorded
 * of their tokens and URL configurations, and from calls that succeeded by a number.
 */
const numbers = new Map<string, number>();

/** What a path leads to now, asked for once. */
const lookups = new Map<string, Promise<number | undefined>>();

/** Keeps the number of the project that an agent itself told. */
export function learnAgentProject(agentId: unknown, projectId: unknown): void {
  if (typeof agentId === "number" && typeof projectId === "number") numbers.set(objectKey("agent", agentId), projectId);
}

/** Keeps the number that the state of a token or a URL configuration has; what the agent told goes before. */
export function learnRecordedProject(agentId: unknown, projectId: unknown): void {
  if (typeof agentId === "number" && agentProject(agentId) === undefined) learnAgentProject(agentId, projectId);
}

/** The number of an agent's project, where this process has learnt it. */
export function agentProject(agentId: number): number | undefined {
  return numbers.get(objectKey("agent", agentId));
}

/** The project to look for an agent in: its number, or else what the program names. */
export function projectOfAgent({ project, agentId }: AgentOf): ProjectName {
  return agentProject(agentId) ?? numericProject(project) ?? project;
}

/** Learns what the project's path leads to, where the agent's own project is not known. One request a project at most. */
export async function meetAgentProject(operation: Operation, agent: AgentOf): Promise<void> {
  await confirmedProject(() => operation, agent);
}

/**
 * Calls with the project as the program names it and, where the agent is not found there, with the number that the agent
 * recorded. The number through which a call succeeded is the agent's.
 *
 * @param recordedId the number in the state of what belongs to the agent
 */
export function throughAgent<T>(
  operation: Operation,
  { project, agentId }: AgentOf,
  recordedId: number | undefined,
  call: (project: ProjectName) => Promise<T>,
  listed?: "listed",
): Promise<T> {
  const number = agentProject(agentId) ?? recordedId;
  const confirming = async (through: ProjectName): Promise<T> => {
    const result = await call(through);
    if (/^\d+$/.test(String(through))) learnAgentProject(agentId, Number(through));
    return result;
  };
  return followMoves(operation, project, number, confirming, listed && agentId);
}

/**
 * The number of an agent's project: the agent's own, or what the path leads to. The latter is to be recorded only after a call for
 * the agent succeeded, by that path then. Undefined where it cannot be learnt; never throws, since what exists must not be lost.
 */
export async function confirmedProject(
  begin: () => Operation,
  { project, agentId }: AgentOf,
): Promise<number | undefined> {
  const known = agentProject(agentId);
  if (known !== undefined) return known;
  const canonical = canonicalProject(project);
  if (/^\d+$/.test(canonical)) return Number(canonical);
  const key = objectKey("agent", canonical);
  try {
    const asked = lookups.get(key) ?? numericIdOf(begin(), project);
    lookups.set(key, asked);
    return await asked;
  } catch (error) {
    lookups.delete(key);
    if (error instanceof GitLabError) return undefined;
    throw error;
  }
}

/** Forgets what was learnt. Only for tests that play several runs in one process. */
export function forgetAgentProjects(): void {
  numbers.clear();
  lookups.clear();
}

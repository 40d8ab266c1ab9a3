import { decodedPath, GitLabError, NotFoundError, type Operation, type WireClusterAgent } from "./gitlab";
import type { ProjectName } from "./inputs/ids";
import { objectKey } from "./ownership/heldObjects";

/** An agent, as the inputs of a token or a URL configuration name it. */
export interface AgentOf {
  project: ProjectName;
  agentId: number;
}

/**
 * The numeric ids of the projects that this process has met, by their canonical name. GitLab's numeric ids outlive renames and
 * moves; agents tell theirs, tokens and URL configurations do not, and must not cost a request to learn it.
 */
const numbersByName = new Map<string, number>();

/**
 * The numeric ids of the projects that agents belong to. Ids of agents are unique in a GitLab, so this is stronger than what a
 * path leads to: a project may have moved, and another one taken its path. Learnt from the agents themselves, from what is
 * recorded of their tokens and URL configurations, and from calls that succeeded by a number.
 */
const numbersByAgent = new Map<string, number>();

/** Requests for the numeric id that a path leads to, one for each project. */
const lookups = new Map<string, Promise<number | undefined>>();

/** One spelling for the many of a project: digits, or the path in plain lower case (GitLab finds paths in any case). */
export function canonicalProject(project: ProjectName): string {
  const text = String(project);
  return isNumber(text) ? String(Number(text)) : (decodedPath(text) ?? text).toLowerCase();
}

/** Whether a project is named by its numeric id. */
export function isNumber(project: ProjectName): boolean {
  return /^\d+$/.test(String(project));
}

/** Keeps what an agent tells of its project. */
export function learnProject(project: ProjectName, told: { id?: unknown; path?: unknown } | undefined): void {
  if (told === undefined || typeof told.id !== "number") return;
  numbersByName.set(canonicalProject(project), told.id);
  if (typeof told.path === "string") numbersByName.set(canonicalProject(told.path), told.id);
}

/** Keeps the number of the project that an agent itself told. */
export function learnAgentProject(agentId: unknown, projectId: unknown): void {
  if (typeof agentId === "number" && typeof projectId === "number") {
    numbersByAgent.set(objectKey("agent", agentId), projectId);
  }
}

/** Keeps the number that the state of a token or a URL configuration has; what the agent told goes before. */
export function learnRecordedProject(agentId: unknown, projectId: unknown): void {
  if (typeof agentId === "number" && agentProject(agentId) === undefined) learnAgentProject(agentId, projectId);
}

/** What an agent's response says of its project, for {@link learnProject}. */
export function projectOf(agent: WireClusterAgent): { id?: unknown; path?: unknown } {
  return { id: agent.config_project?.id, path: agent.config_project?.path_with_namespace };
}

/** The numeric id of a project, where it is known without asking. */
export function numericProject(project: ProjectName): number | undefined {
  const canonical = canonicalProject(project);
  return isNumber(canonical) ? Number(canonical) : numbersByName.get(canonical);
}

/** The number of an agent's project, where this process has learnt it. */
export function agentProject(agentId: number): number | undefined {
  return numbersByAgent.get(objectKey("agent", agentId));
}

/** The numeric id that GitLab gives for a project's name; undefined where it shows no such project. */
export async function numericIdOf(operation: Operation, project: ProjectName): Promise<number | undefined> {
  try {
    const found = await operation.projects.get(project);
    noteLookup(project, found.id);
    noteLookup(found.path_with_namespace, found.id);
    return found.id;
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}

/** Keeps what a look-up by path gave. What an agent told goes before: another project may have taken the path since. */
function noteLookup(project: unknown, id: number): void {
  if (typeof project !== "string" || numbersByName.has(canonicalProject(project))) return;
  numbersByName.set(canonicalProject(project), id);
}

/**
 * The numeric id that a project's name leads to now, asked for once a process. Undefined where it cannot be learnt; never throws
 * an error of GitLab's, since the creation that follows meets the same and says so, and what exists must not be lost for it.
 */
export async function learnProjectId(begin: () => Operation, project: ProjectName): Promise<number | undefined> {
  const canonical = canonicalProject(project);
  if (isNumber(canonical)) return Number(canonical);
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

/**
 * The number of an agent's project: the agent's own, or what the path leads to. The latter is to be recorded only after a call for
 * the agent succeeded, by that path then.
 */
export async function confirmedProject(
  begin: () => Operation,
  { project, agentId }: AgentOf,
): Promise<number | undefined> {
  return agentProject(agentId) ?? (await learnProjectId(begin, project));
}

/** Forgets what was learnt of agents. Only for tests that play several runs in one process. */
export function forgetAgentProjects(): void {
  numbersByAgent.clear();
  lookups.clear();
}

import { gitLab } from "./configuration";
import { type Operation, decodedPath, GitLabError, NotFoundError, type WireClusterAgent } from "./gitlab";
import type { ProjectName } from "./inputs/ids";
import { objectKey } from "./ownership/heldObjects";

/** The agent in the inputs of a token or a URL configuration. */
export interface AgentOf {
  project: ProjectName;
  agentId: number;
}

/**
 * The numeric ids of projects that this process knows, by their canonical name. Renames and moves do not change GitLab's numeric ids.
 * Agents report theirs; tokens and URL configurations do not, and finding it out should not cost a request.
 */
const numbersByName = new Map<string, number>();

/**
 * The numeric ids of the agents' projects. Ids of agents are unique in a GitLab, so this is more reliable than a
 * path: a project may have moved, and another one may have its path. The sources are the agents themselves, the
 * state of their tokens and URL configurations, and requests that succeeded with a number.
 */
const numbersByAgent = new Map<string, number>();

/** Requests for the numeric id of a path, one for each project. */
const lookups = new Map<string, Promise<number | undefined>>();

/** The canonical spelling of a project: digits, or the decoded path in lower case (GitLab ignores the case of paths). */
export function canonicalProject(project: ProjectName): string {
  const text = String(project);
  return isNumber(text) ? String(Number(text)) : (decodedPath(text) ?? text).toLowerCase();
}

/** Whether a project is given by its numeric id. */
export function isNumber(project: ProjectName): boolean {
  return /^\d+$/.test(String(project));
}

/** Records the project that an agent reports. */
export function learnProject(project: ProjectName, reported: { id?: unknown; path?: unknown } | undefined): void {
  if (reported === undefined || typeof reported.id !== "number") return;
  numbersByName.set(canonicalProject(project), reported.id);
  if (typeof reported.path === "string") numbersByName.set(canonicalProject(reported.path), reported.id);
}

/** Records the number of the project that an agent itself reported. */
export function learnAgentProject(agentId: unknown, projectId: unknown): void {
  if (typeof agentId === "number" && typeof projectId === "number") {
    numbersByAgent.set(objectKey("agent", agentId), projectId);
  }
}

/** Records the number in the state of a token or a URL configuration; the one that the agent reported takes precedence. */
export function learnRecordedProject(agentId: unknown, projectId: unknown): void {
  if (typeof agentId === "number" && agentProject(agentId) === undefined) learnAgentProject(agentId, projectId);
}

/** The project in an agent's response, for {@link learnProject}. */
export function projectOf(agent: WireClusterAgent): { id?: unknown; path?: unknown } {
  return { id: agent.config_project?.id, path: agent.config_project?.path_with_namespace };
}

/** The numeric id of a project, if known without a request. */
export function numericProject(project: ProjectName): number | undefined {
  const canonical = canonicalProject(project);
  return isNumber(canonical) ? Number(canonical) : numbersByName.get(canonical);
}

/** The number of an agent's project, if this process knows it. */
export function agentProject(agentId: number): number | undefined {
  return numbersByAgent.get(objectKey("agent", agentId));
}

/** The numeric id that GitLab returns for a project's name; undefined if it shows no such project. */
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

/** Records the result of a lookup by path. The number that an agent reported takes precedence: another project may have the path now. */
function noteLookup(project: unknown, id: number): void {
  if (typeof project !== "string" || numbersByName.has(canonicalProject(project))) return;
  numbersByName.set(canonicalProject(project), id);
}

/**
 * The numeric id of a project's name, requested once in each process. Undefined if it cannot be found out. It never throws
 * an error of GitLab's: a later creation gets the same error and reports it, and an existing object must not be lost because of it.
 */
export async function learnProjectId(begin: () => Operation, project: ProjectName): Promise<number | undefined> {
  const canonical = canonicalProject(project);
  if (isNumber(canonical)) return Number(canonical);
  const key = objectKey("agent", canonical);
  try {
    const lookup = lookups.get(key) ?? numericIdOf(begin(), project);
    lookups.set(key, lookup);
    return await lookup;
  } catch (error) {
    lookups.delete(key);
    if (error instanceof GitLabError) return undefined;
    throw error;
  }
}

/**
 * The number of an agent's project: the one that the agent reported, or the path's. Record the latter only after a request for
 * the agent by that path has succeeded.
 */
export async function confirmedProject(
  begin: () => Operation,
  { project, agentId }: AgentOf,
): Promise<number | undefined> {
  return agentProject(agentId) ?? (await learnProjectId(begin, project));
}

/** Clears the agents' numbers. Only for tests that simulate several runs in one process. */
export function forgetAgentProjects(): void {
  numbersByAgent.clear();
  lookups.clear();
}

/** By a pair of names: whether they are of one project, by GitLab's response. */
const comparisons = new Map<string, Promise<boolean>>();

/**
 * Whether two names are of one project. It sends a request only if the spellings differ and no known number decides
 * it, once for each pair and process. `recordedId` is the numeric id in the resource's state.
 */
export async function sameProject(
  begin: () => Operation,
  recordedName: ProjectName,
  recordedId: number | undefined,
  declared: ProjectName,
): Promise<boolean> {
  const [one, other] = [canonicalProject(recordedName), canonicalProject(declared)];
  if (one === other) return true;
  const known = recordedId ?? numericProject(recordedName);
  const wanted = numericProject(declared);
  if (known !== undefined && wanted !== undefined) return known === wanted;
  const pair = `${known ?? one} ${other}`;
  let comparison = comparisons.get(pair);
  if (comparison === undefined) {
    comparison = compareNumbers(begin(), known ?? recordedName, wanted ?? declared);
    comparisons.set(pair, comparison);
    // An error is not kept: the next call sends the request again.
    comparison.catch(() => comparisons.delete(pair));
  }
  return comparison;
}

/** Whether the declared project is the one in the resource's state. */
export function declaresSameProject(
  recorded: { project: ProjectName; projectId?: number | undefined },
  declared: ProjectName,
): Promise<boolean> {
  const begin = () => gitLab().begin(`tell whether the projects ${recorded.project} and ${declared} are the same`);
  return sameProject(begin, recorded.project, recorded.projectId, declared);
}

async function compareNumbers(operation: Operation, known: ProjectName, declared: ProjectName): Promise<boolean> {
  const numberOf = (project: ProjectName) => (typeof project === "number" ? project : numericIdOf(operation, project));
  const [one, other] = await Promise.all([numberOf(known), numberOf(declared)]);
  return one !== undefined && one === other;
}

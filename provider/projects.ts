import {
  GitLabError,
  NotFoundError,
  PermissionError,
  RedirectRefusedError,
  UnexpectedResponseError,
  type Operation,
  type WireClusterAgent,
} from "./gitlab";
import type { ProjectName } from "./inputs/ids";
import { decoded } from "./inputs/validation";

/**
 * Which numeric id the projects have that this process has met, by their canonical name. GitLab's numeric ids outlive
 * renames and moves; agents tell theirs, tokens and URL configurations do not, and must not cost a request to learn it.
 */
const numericIds = new Map<string, number>();

/** One spelling for the many of a project: digits, or the path in plain lower case (GitLab finds paths in any case). */
export function canonicalProject(project: ProjectName): string {
  const text = String(project);
  return /^\d+$/.test(text) ? String(Number(text)) : (decoded(text) ?? text).toLowerCase();
}

/** Keeps what an agent tells of its project. */
export function learnProject(project: ProjectName, config: { id?: unknown; path?: unknown } | undefined): void {
  if (config === undefined || typeof config.id !== "number") return;
  numericIds.set(canonicalProject(project), config.id);
  if (typeof config.path === "string") numericIds.set(canonicalProject(config.path), config.id);
}

/** Keeps what a look-up by path gave. What an agent told goes before: another project may have taken the path since. */
function noteLookup(project: unknown, id: number): void {
  if (typeof project !== "string" || numericIds.has(canonicalProject(project))) return;
  numericIds.set(canonicalProject(project), id);
}

/** The numeric id of a project, where it is known without asking. */
export function numericProject(project: ProjectName): number | undefined {
  const canonical = canonicalProject(project);
  return /^\d+$/.test(canonical) ? Number(canonical) : numericIds.get(canonical);
}

const learning = new Map<string, Promise<unknown>>();

/**
 * Learns the numeric id of a project that no agent of this process has told, so that the state of what is made in it outlives a
 * move, and nothing is ever looked for in another project that took its path. One request for each project and process; where
 * GitLab shows no such project, the creation that follows says so.
 */
export async function learnProjectId(operation: Operation, project: ProjectName): Promise<void> {
  if (numericProject(project) !== undefined) return;
  const key = canonicalProject(project);
  const asked = learning.get(key) ?? numericIdOf(operation, project);
  learning.set(key, asked);
  try {
    await asked;
  } catch (error) {
    if (!(error instanceof GitLabError)) throw error;
  } finally {
    learning.delete(key);
  }
}

/** What an agent's answer says of its project, for {@link learnProject}. */
export function projectOf(agent: WireClusterAgent): { id?: unknown; path?: unknown } {
  return { id: agent.config_project?.id, path: agent.config_project?.path_with_namespace };
}

/**
 * Whether two names are of one project. Asks GitLab only where the two are written differently and nothing at hand settles
 * it, and then once per pair and process. `recordedId` is the numeric id in the resource's state.
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
  let verdict = settledPairs.get(pair);
  if (verdict === undefined) {
    verdict = ask(begin(), known, recordedName, wanted, declared);
    settledPairs.set(pair, verdict);
    // A fault is no verdict: the next one who asks tries anew.
    verdict.catch(() => settledPairs.delete(pair));
  }
  return verdict;
}

const settledPairs = new Map<string, Promise<boolean>>();

async function ask(
  operation: Operation,
  known: number | undefined,
  recordedName: ProjectName,
  wanted: number | undefined,
  declared: ProjectName,
): Promise<boolean> {
  const [one, other] = await Promise.all([
    known ?? numericIdOf(operation, recordedName),
    wanted ?? numericIdOf(operation, declared),
  ]);
  return one !== undefined && one === other;
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

/**
 * Calls with the project as the program names it and, where GitLab finds nothing there, with its numeric id: a project that
 * was renamed or moved keeps its agents. Nothing extra is asked on the good path.
 *
 * @param agentId the agent of which the call is: where it is given, the project's list of agents tells whether its path has
 * moved, one list for all objects that are missing
 */
export async function followMoves<T>(
  operation: Operation,
  project: ProjectName,
  recordedId: number | undefined,
  call: (project: ProjectName) => Promise<T>,
  agentId?: number,
): Promise<T> {
  try {
    return await call(project);
  } catch (error) {
    const former = isFormerPath(error);
    if (!(error instanceof NotFoundError || former) || /^\d+$/.test(canonicalProject(project))) throw error;
    if (former) {
      const leadsTo = recordedId ?? (await numericIdOf(operation, project));
      if (leadsTo === undefined) throw error;
      return await call(leadsTo);
    }
    if (recordedId !== undefined && agentId !== undefined) {
      const place = await placeOf(operation, recordedId, agentId);
      // The agent is gone, or the path still leads to the project that we know.
      if (place === "nowhere" || place?.path === canonicalProject(project)) throw error;
      if (place !== undefined) return await call(recordedId);
    }
    const now = await numericIdOf(operation, project);
    const known = recordedId ?? now;
    // The path still leads to the project that we know: the object itself was not found.
    if (known === undefined || (known === now && recordedId !== undefined)) throw error;
    return await call(known);
  }
}

/**
 * The canonical path of the project that has an agent, as the list of the project's agents tells it; "nowhere" where the list
 * lacks the agent, undefined where it cannot be read or does not say.
 */
async function placeOf(
  operation: Operation,
  projectId: number,
  agentId: number,
): Promise<{ path: string } | "nowhere" | undefined> {
  try {
    const agent = await operation.agents.find(projectId, agentId, "lately");
    if (agent === undefined) return "nowhere";
    const { path } = projectOf(agent);
    return typeof path === "string" ? { path: canonicalProject(path) } : undefined;
  } catch (error) {
    if (error instanceof NotFoundError || error instanceof PermissionError) return undefined;
    throw error;
  }
}

/**
 * GitLab knows the path of a renamed project, and redirects reads from it; of a write it carries nothing out. A redirect to
 * another host says nothing of the project: it is an error that the user must see.
 */
function isFormerPath(error: unknown): boolean {
  if (error instanceof RedirectRefusedError) return !error.elsewhere;
  return error instanceof UnexpectedResponseError && error.status === 405;
}

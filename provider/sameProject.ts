import { gitLab } from "./configuration";
import type { Operation } from "./gitlab";
import type { ProjectName } from "./inputs/ids";
import { canonicalProject, numericIdOf, numericProject } from "./projectNumbers";

/** By a pair of names: whether they are of one project, as GitLab said. */
const answers = new Map<string, Promise<boolean>>();

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
  let answer = answers.get(pair);
  if (answer === undefined) {
    answer = ask(begin(), known ?? recordedName, wanted ?? declared);
    answers.set(pair, answer);
    // An error is no answer: the next call asks anew.
    answer.catch(() => answers.delete(pair));
  }
  return answer;
}

/** Whether a program declares the project that a resource's state has. */
export function declaresSameProject(
  recorded: { project: ProjectName; projectId?: number | undefined },
  declared: ProjectName,
): Promise<boolean> {
  const begin = () => gitLab().begin(`tell whether the projects ${recorded.project} and ${declared} are the same`);
  return sameProject(begin, recorded.project, recorded.projectId, declared);
}

async function ask(operation: Operation, known: ProjectName, declared: ProjectName): Promise<boolean> {
  const numberOf = (project: ProjectName) => (typeof project === "number" ? project : numericIdOf(operation, project));
  const [one, other] = await Promise.all([numberOf(known), numberOf(declared)]);
  return one !== undefined && one === other;
}

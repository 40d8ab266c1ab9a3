import { gitLab } from "./configuration";
import type { Operation } from "./gitlab";
import type { ProjectName } from "./inputs/ids";
import { canonicalProject, numericIdOf, numericProject } from "./projectNumbers";

/** By a pair of names: whether they are of one project, by GitLab's response. */
const answers = new Map<string, Promise<boolean>>();

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
  let answer = answers.get(pair);
  if (answer === undefined) {
    answer = ask(begin(), known ?? recordedName, wanted ?? declared);
    answers.set(pair, answer);
    // An error is not kept: the next call sends the request again.
    answer.catch(() => answers.delete(pair));
  }
  return answer;
}

/** Whether the declared project is the one in the resource's state. */
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

import type { Operation } from "../gitlab";
import type { ProjectName } from "../inputs/ids";
import { canonicalProject, learnProjectId, numericProject } from "../projects";

/** A registration that is under way or waits for its turn. */
interface Turn {
  readonly project: ProjectName;
  readonly name: string;
  readonly ended: Promise<void>;
}

const turns: Turn[] = [];

/**
 * Runs one registration of a name in a project at a time, so that two resources of one name cannot take over each other's agent.
 * Each waits for those that were asked for before it, whichever way their project is written.
 */
export async function inRegistrationTurn<T>(
  begin: () => Operation,
  project: ProjectName,
  name: string,
  run: () => Promise<T>,
): Promise<T> {
  let end: () => void = () => undefined;
  const turn = { project, name: name.trim(), ended: new Promise<void>((resolve) => (end = resolve)) };
  const earlier = turns.filter((other) => other.name === turn.name);
  turns.push(turn);
  try {
    for (const other of earlier) {
      if (await mayBeTheSame(begin, other.project, project)) await other.ended;
    }
    return await run();
  } finally {
    turns.splice(turns.indexOf(turn), 1);
    end();
  }
}

/**
 * Whether two names may be of one project. GitLab is asked only where one is a number and the other a path that no answer of this
 * process has told the number of; where it does not tell, they may be the same.
 */
async function mayBeTheSame(begin: () => Operation, one: ProjectName, other: ProjectName): Promise<boolean> {
  if (canonicalProject(one) === canonicalProject(other)) return true;
  const numbers = () => [numericProject(one), numericProject(other)];
  if (numbers().every((number) => number === undefined)) return false;
  if (numbers().includes(undefined)) {
    await Promise.all([one, other].map((project) => learnProjectId(begin(), project)));
  }
  const [first, second] = numbers();
  return first === undefined || second === undefined || first === second;
}

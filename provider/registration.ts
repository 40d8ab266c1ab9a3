import { LostAnswerError, NotFoundError, ValidationError, type Operation, type WireClusterAgent } from "./gitlab";
import type { ProjectName } from "./ids";
import { assertAnotherTry, madeByUs, pause, SETTLING_PAUSES } from "./lostAnswers";
import { presenceOfAgent } from "./presence";
import { numericProject, throughMoves } from "./projects";

/**
 * Registers an agent, and ends with exactly one of ours whatever becomes of the answers. The name is unique in the project,
 * so an agent of that name that was made after our request, by our user, is the one that the request made.
 */
export async function registerAgent(
  operation: Operation,
  project: ProjectName,
  name: string,
): Promise<WireClusterAgent> {
  const lost: LostAnswerError[] = [];
  for (let settling = 0; ;) {
    try {
      return await throughMoves(operation, project, numericProject(project), (p) => operation.agents.create(p, name));
    } catch (error) {
      if (error instanceof LostAnswerError) {
        lost.push(error);
        const found = await agentOfThatName(operation, project, name);
        if (found !== undefined) return await ours(operation, project, found, lost, error);
        assertAnotherTry(lost);
        await pause(operation, lost.length);
      } else if (
        error instanceof ValidationError &&
        error.reasons.some((reason) => /already been taken/.test(reason))
      ) {
        const found = await agentOfThatName(operation, project, name);
        if (found === undefined) throw error;
        return await ours(operation, project, found, lost, error);
      } else if (error instanceof NotFoundError) {
        const wait = SETTLING_PAUSES[settling++];
        if (wait === undefined) throw await explained(operation, project, error);
        await operation.sleep(wait);
      } else throw error;
    }
  }
}

async function agentOfThatName(
  operation: Operation,
  project: ProjectName,
  name: string,
): Promise<WireClusterAgent | undefined> {
  const agents = await throughMoves(operation, project, numericProject(project), (p) => operation.agents.list(p));
  return agents.find((agent) => agent.name === name) ?? agents.find((agent) => agent.name === name.trim());
}

/** The found agent, if one of our lost requests made it; else the error that says whose it is and how to take it over. */
async function ours(
  operation: Operation,
  project: ProjectName,
  found: WireClusterAgent,
  lost: readonly LostAnswerError[],
  error: LostAnswerError | ValidationError,
): Promise<WireClusterAgent> {
  const first = lost[0];
  const verdict = first === undefined ? false : await madeByUs(operation, found, first.sentAt);
  if (verdict === true) return found;
  const creator = found.created_by_user_id == null ? "" : ` by the user with the id ${found.created_by_user_id}`;
  const doubt =
    verdict === undefined
      ? "GitLab's answers carry no Date header, so it cannot be told whether it was made by the request whose answer was lost. "
      : "";
  throw error.withAdvice(
    `Agent ${found.id} of project ${project} has this name since ${found.created_at}, registered${creator}. ${doubt}To let Pulumi manage that agent, set the resource option \`import: "${project}:${found.id}"\`; else choose another name, or delete that agent. If it is this resource's own agent, to be replaced without a change of its name (\`--replace\`), set the resource option \`deleteBeforeReplace: true\` for that update.`,
  );
}

async function explained(operation: Operation, project: ProjectName, error: NotFoundError): Promise<NotFoundError> {
  const presence = await presenceOfAgent(operation, project, 0);
  return error.withAdvice(
    presence.verdict === "hidden"
      ? presence.advice.replace(/ Nothing was forgotten: the state still holds it\.| If it is deleted for good.*$/g, "")
      : "The project is there, and its agents can be read, but GitLab takes no new one: that needs the Maintainer role.",
  );
}

import { GitLabError, NotFoundError, PermissionError, type Operation } from "./gitlab";
import type { ProjectName } from "./inputs/ids";
import type { Project, ProjectAgent } from "./project";
import { numericIdOf } from "./projectNumbers";

/**
 * The meaning of a 404. GitLab answers it for "gone", "no rights", "project gone or moved", "not licensed" and "disabled".
 * Only `gone` may remove an object from the state; `hidden` says why this is uncertain, and what to do.
 */
export type Existence = { verdict: "gone" } | { verdict: "present" } | Hidden;

/** Why it is uncertain whether an object exists, with the next step. */
interface Hidden {
  verdict: "hidden";
  /** For a read or delete of an object in the state. */
  advice: string;
  /** For a creation, whose object is not in the state. */
  adviceOnCreation: string;
}

const GONE: Existence = { verdict: "gone" };
const PRESENT: Existence = { verdict: "present" };
const STILL_IN_STATE = "Nothing was removed: the object is still in the state.";
const REMOVE_BY_HAND =
  "If it is deleted for good, remove what Pulumi recorded with `pulumi state delete <urn>` (`pulumi stack --show-urns` lists the URNs)";

/**
 * The projects that GitLab has shown to this process, by their client's settings. One response is used for all missing
 * objects; a list that cannot be read is requested again.
 */
const visible = new WeakMap<object, Map<ProjectName, Promise<boolean>>>();

/** Looks for an agent: first the project, then its list of agents. */
export async function existenceOfAgent(project: Project, agentId: number): Promise<Existence> {
  if (!(await isVisible(project, "cached"))) return hiddenProject(project);
  return lookInList(project, agentId, "now");
}

/** Looks for an agent in its project's list, which all lookups at about the same time share. */
async function lookInList(project: Project, agentId: number, moment: "now" | "lately"): Promise<Existence> {
  try {
    return (await project.agents.find(agentId, moment)) === undefined ? GONE : PRESENT;
  } catch (error) {
    if (!(error instanceof NotFoundError) && !(error instanceof PermissionError)) throw error;
    if (!(await isVisible(project, "fresh"))) return hiddenProject(project);
    const cause = `The credential sees project ${project.reference}, but not its agents: that needs the Developer role or higher`;
    const remedy = `Raise the role of the credential (it came from ${credentialOf(project.operation)}) and run the command again.`;
    return {
      verdict: "hidden",
      advice: `${cause}. ${STILL_IN_STATE} ${remedy}`,
      adviceOnCreation: `${cause}, and writing the Maintainer role. ${remedy}`,
    };
  }
}

/** Whether GitLab shows the project to this credential. Only "yes" is kept, so it is requested once in each process. */
function isVisible(of: Project, when: "cached" | "fresh"): Promise<boolean> {
  const { operation, reference: project } = of;
  const projects = visible.get(operation.settings) ?? new Map<ProjectName, Promise<boolean>>();
  visible.set(operation.settings, projects);
  const known = when === "cached" ? projects.get(project) : undefined;
  if (known !== undefined) return withErrorsOf(operation, known);
  const request = numericIdOf(operation, project).then((id) => id !== undefined);
  projects.set(project, request);
  const forget = (): void => {
    if (projects.get(project) === request) projects.delete(project);
  };
  request.then((yes) => {
    if (!yes) forget();
  }, forget);
  return request;
}

/** Another operation's result: its error becomes this operation's error. */
async function withErrorsOf<T>(operation: Operation, result: Promise<T>): Promise<T> {
  try {
    return await result;
  } catch (error) {
    throw error instanceof GitLabError ? error.copyFor(operation.what) : error;
  }
}

function hiddenProject({ reference, operation }: Project): Hidden {
  const cause = `GitLab shows this credential no project ${reference}: it does not exist, was deleted or moved, or the credential has no access to it; GitLab's response is the same in each case.`;
  return {
    verdict: "hidden",
    advice: `${cause} ${STILL_IN_STATE} Give the credential (it came from ${credentialOf(operation)}) the Developer role or higher in the project. ${REMOVE_BY_HAND}.`,
    adviceOnCreation: `${cause} Correct \`project\`, or give the credential (it came from ${credentialOf(operation)}) the Maintainer role in the project.`,
  };
}

/**
 * Looks for a token: its agent, then the list of the agent's active tokens. If the agent is missing from a list that the
 * credential can read, the token is gone with it, and no further request is needed.
 */
export async function existenceOfToken(agent: ProjectAgent, tokenId: number): Promise<Existence> {
  const inList = await lookInList(agent, agent.agentId, "lately");
  if (inList.verdict !== "present") return inList;
  if (!(await isVisible(agent, "cached"))) return hiddenProject(agent);
  try {
    const tokens = await agent.operation.tokens.list(agent.reference, agent.agentId);
    return tokens.some((token) => token.id === tokenId) ? PRESENT : GONE;
  } catch (error) {
    // The agent may have been deleted in between, with its tokens.
    if (error instanceof NotFoundError) return existenceOfAgent(agent, agent.agentId);
    throw error;
  }
}

/** Looks for a URL configuration: the project, the agent, then the agent's one configuration. */
export async function existenceOfUrlConfiguration(agent: ProjectAgent, id: number): Promise<Existence> {
  if (!(await isVisible(agent, "cached"))) return hiddenProject(agent);
  const inList = await lookInList(agent, agent.agentId, "lately");
  if (inList.verdict !== "present") return inList;
  try {
    const configurations = await agent.operation.urlConfigurations.list(agent.reference, agent.agentId);
    return configurations.some((configuration) => configuration.id === id) ? PRESENT : GONE;
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    // The agent may have been deleted in between, with its configuration.
    const now = await existenceOfAgent(agent, agent.agentId);
    if (now.verdict !== "present") return now;
    return {
      verdict: "hidden",
      advice: `${RECEPTIVE_OFF} ${STILL_IN_STATE} ${REMOVE_BY_HAND}.`,
      adviceOnCreation: RECEPTIVE_OFF,
    };
  }
}

/** The source of the credential, for messages; never its value. */
function credentialOf({ settings }: Operation): string {
  return settings.sources.token ?? "an unknown place";
}

/** The next step if an input names an agent that its project does not have. */
export function noSuchAgent({ name, agentId }: ProjectAgent): string {
  return `Project ${name} has no agent ${agentId}. Take the id from the ClusterAgent (\`agent.agentId\`), or run \`pulumi refresh\` where the agent was deleted by hand.`;
}

/** Why every request about URL configurations gets a 404 although the agent exists. */
export const RECEPTIVE_OFF =
  "The agent exists, but GitLab answers 404 for every URL configuration: receptive agents need GitLab Ultimate, self-managed, and must be enabled by an administrator (Admin area, Settings, General, GitLab agent for Kubernetes: receptive mode).";

/**
 * Explains a 404 to a read or delete: returns true if the object is proved gone, and otherwise throws the 404 with its cause and
 * the next step.
 */
export async function assertGone(error: NotFoundError, presence: Promise<Existence>): Promise<true> {
  const found = await presence;
  if (found.verdict === "gone") return true;
  throw error.withAdvice(
    found.verdict === "hidden"
      ? found.advice
      : `GitLab's list still shows the object, so this response cannot be trusted. ${STILL_IN_STATE} Run the command again.`,
  );
}

import { GitLabError, NotFoundError, PermissionError, type Operation } from "./gitlab";
import type { ProjectName } from "./inputs/ids";
import type { Project, ProjectAgent } from "./project";
import { numericIdOf } from "./projectNumbers";

/**
 * What a 404 meant. GitLab answers it for "gone", "no rights", "project gone or moved", "not licensed" and "switched off".
 * Only `gone` may make Pulumi forget an object; `hidden` says why it cannot be told, and what to do.
 */
export type Existence = { verdict: "gone" } | { verdict: "present" } | Hidden;

/** Why it cannot be told whether an object is there, with the next step. */
interface Hidden {
  verdict: "hidden";
  /** For a read or delete of what the state holds. */
  advice: string;
  /** For a creation, of which the state holds nothing. */
  adviceOnCreation: string;
}

const GONE: Existence = { verdict: "gone" };
const PRESENT: Existence = { verdict: "present" };
const NOTHING_FORGOTTEN = "Nothing was removed: it is still in the state.";
const REMOVE_BY_HAND =
  "If it is deleted for good, remove what Pulumi recorded with `pulumi state delete <urn>` (`pulumi stack --show-urns` lists the URNs)";

/**
 * The projects that GitLab has shown to this process, by their client's settings. One answer serves all objects that are
 * missing; why a list cannot be read is asked for anew.
 */
const visible = new WeakMap<object, Map<ProjectName, Promise<boolean>>>();

/** Looks for an agent: the project first, then the list that it should be in. */
export async function existenceOfAgent(project: Project, agentId: number): Promise<Existence> {
  if (!(await isVisible(project, "asked once"))) return hiddenProject(project);
  return lookInList(project, agentId, "now");
}

/** Looks for an agent in its project's list, which is one for all that are looked for at about the same time. */
async function lookInList(project: Project, agentId: number, moment: "now" | "lately"): Promise<Existence> {
  try {
    return (await project.agents.find(agentId, moment)) === undefined ? GONE : PRESENT;
  } catch (error) {
    if (!(error instanceof NotFoundError) && !(error instanceof PermissionError)) throw error;
    if (!(await isVisible(project, "asked anew"))) return hiddenProject(project);
    const cause = `The credential sees project ${project.reference}, but not its agents: that needs the Developer role or higher`;
    const remedy = `Raise the role of the credential (it came from ${credentialOf(project.operation)}) and run the command again.`;
    return {
      verdict: "hidden",
      advice: `${cause}. ${NOTHING_FORGOTTEN} ${remedy}`,
      adviceOnCreation: `${cause}, and writing the Maintainer role. ${remedy}`,
    };
  }
}

/** Whether GitLab shows the project to this credential. Only "yes" is kept: it is asked for once a process. */
function isVisible(of: Project, when: "asked once" | "asked anew"): Promise<boolean> {
  const { operation, reference: project } = of;
  const projects = visible.get(operation.settings) ?? new Map<ProjectName, Promise<boolean>>();
  visible.set(operation.settings, projects);
  const known = when === "asked once" ? projects.get(project) : undefined;
  if (known !== undefined) return retold(operation, known);
  const asked = numericIdOf(operation, project).then((id) => id !== undefined);
  projects.set(project, asked);
  const forget = (): void => {
    if (projects.get(project) === asked) projects.delete(project);
  };
  asked.then((yes) => {
    if (!yes) forget();
  }, forget);
  return asked;
}

/** Another operation's answer: its error is told as this one's. */
async function retold<T>(operation: Operation, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw error instanceof GitLabError ? error.retold(operation.what) : error;
  }
}

function hiddenProject({ reference, operation }: Project): Hidden {
  const cause = `GitLab shows this credential no project ${reference}: it does not exist, was deleted or moved, or the credential has no access to it; GitLab's response is the same in each case.`;
  return {
    verdict: "hidden",
    advice: `${cause} ${NOTHING_FORGOTTEN} Give the credential (it came from ${credentialOf(operation)}) the Developer role or higher in the project. ${REMOVE_BY_HAND}.`,
    adviceOnCreation: `${cause} Correct \`project\`, or give the credential (it came from ${credentialOf(operation)}) the Maintainer role in the project.`,
  };
}

/**
 * Looks for a token: its agent, then the list of the agent's active tokens. Where the agent is missing from a list that the
 * credential can read, the token went with it, and nothing else need be asked.
 */
export async function existenceOfToken(agent: ProjectAgent, tokenId: number): Promise<Existence> {
  const inList = await lookInList(agent, agent.agentId, "lately");
  if (inList.verdict !== "present") return inList;
  if (!(await isVisible(agent, "asked once"))) return hiddenProject(agent);
  try {
    const tokens = await agent.operation.tokens.list(agent.reference, agent.agentId);
    return tokens.some((token) => token.id === tokenId) ? PRESENT : GONE;
  } catch (error) {
    // The agent may have gone in between: its tokens went with it.
    if (error instanceof NotFoundError) return existenceOfAgent(agent, agent.agentId);
    throw error;
  }
}

/** Looks for a URL configuration: the project, the agent, then the agent's one configuration. */
export async function existenceOfUrlConfiguration(agent: ProjectAgent, id: number): Promise<Existence> {
  if (!(await isVisible(agent, "asked once"))) return hiddenProject(agent);
  const inList = await lookInList(agent, agent.agentId, "lately");
  if (inList.verdict !== "present") return inList;
  try {
    const configurations = await agent.operation.urlConfigurations.list(agent.reference, agent.agentId);
    return configurations.some((configuration) => configuration.id === id) ? PRESENT : GONE;
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    // The agent may have gone in between: its configuration went with it.
    const now = await existenceOfAgent(agent, agent.agentId);
    if (now.verdict !== "present") return now;
    return {
      verdict: "hidden",
      advice: `${RECEPTIVE_OFF} ${NOTHING_FORGOTTEN} ${REMOVE_BY_HAND}.`,
      adviceOnCreation: RECEPTIVE_OFF,
    };
  }
}

/** Where the credential came from, for messages; never its value. */
function credentialOf({ settings }: Operation): string {
  return settings.sources.token ?? "an unknown place";
}

/** The next step where an input names an agent that its project does not have. */
export function noSuchAgent({ name, agentId }: ProjectAgent): string {
  return `Project ${name} has no agent ${agentId}. Take the id from the ClusterAgent (\`agent.agentId\`), or run \`pulumi refresh\` where the agent was deleted by hand.`;
}

/** Why every call about URL configurations answers 404 though the agent is there. */
export const RECEPTIVE_OFF =
  "The agent is there, but GitLab answers 404 for every URL configuration: receptive agents need GitLab Ultimate, self-managed, and an administrator who has switched them on (Admin area, Settings, General, GitLab agent for Kubernetes: receptive mode).";

/**
 * The answer to a read or delete that was told 404: true where the object is proved gone. Throws the 404 with the cause and
 * the remedy where it is not.
 */
export async function assertGone(error: NotFoundError, presence: Promise<Existence>): Promise<true> {
  const found = await presence;
  if (found.verdict === "gone") return true;
  throw error.withAdvice(
    found.verdict === "hidden"
      ? found.advice
      : `GitLab's list shows the object all the same, so this response cannot be trusted. ${NOTHING_FORGOTTEN} Run the command again.`,
  );
}

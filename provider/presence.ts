import { credentialSource } from "./configuration";
import { NotFoundError, PermissionError, type Operation } from "./gitlab";
import type { ProjectName } from "./ids";
import { numericIdOf } from "./projects";

/**
 * What a 404 meant. GitLab answers it for "gone", "no rights", "project gone or moved", "not licensed" and "switched off".
 * Only `gone` may make Pulumi forget an object; `hidden` says why it cannot be told, and what to do.
 */
export type Presence = { verdict: "gone" } | { verdict: "present" } | Hidden;

/** Why it cannot be told whether an object is there, with the next step. */
interface Hidden {
  verdict: "hidden";
  /** For a read or delete of what the state holds. */
  advice: string;
  /** For a creation, of which the state holds nothing. */
  adviceOnCreation: string;
}

const GONE: Presence = { verdict: "gone" };
const PRESENT: Presence = { verdict: "present" };
const NOTHING_FORGOTTEN = "Nothing was forgotten: the state still holds it.";
const REMOVE_BY_HAND =
  "If it is deleted for good, remove what Pulumi recorded with `pulumi state delete <urn>` (`pulumi stack --show-urns` lists the URNs)";

/** Looks for an agent: the project first, then the list that it should be in. */
export async function presenceOfAgent(operation: Operation, project: ProjectName, agentId: number): Promise<Presence> {
  if ((await numericIdOf(operation, project)) === undefined) {
    const cause = `GitLab shows this credential no project ${project}: there is none, it was deleted or moved, or the credential lost its access to it, and GitLab answers all of these alike.`;
    return {
      verdict: "hidden",
      advice: `${cause} ${NOTHING_FORGOTTEN} Give the credential (it came from ${credentialSource()}) the Developer role or higher in the project. ${REMOVE_BY_HAND}.`,
      adviceOnCreation: `${cause} Correct \`project\`, or give the credential (it came from ${credentialSource()}) the Maintainer role in the project.`,
    };
  }
  try {
    const agents = await operation.agents.list(project);
    return agents.some((agent) => agent.id === agentId) ? PRESENT : GONE;
  } catch (error) {
    if (!(error instanceof NotFoundError) && !(error instanceof PermissionError)) throw error;
    const cause = `The credential sees project ${project}, but not its agents: that needs the Developer role or higher`;
    const remedy = `Raise the role of the credential (it came from ${credentialSource()}) and run the command again.`;
    return {
      verdict: "hidden",
      advice: `${cause}. ${NOTHING_FORGOTTEN} ${remedy}`,
      adviceOnCreation: `${cause}, and writing the Maintainer role. ${remedy}`,
    };
  }
}

/** Looks for a token: the project, the agent, then the list of the agent's active tokens. */
export async function presenceOfToken(
  operation: Operation,
  project: ProjectName,
  agentId: number,
  tokenId: number,
): Promise<Presence> {
  const agent = await presenceOfAgent(operation, project, agentId);
  if (agent.verdict !== "present") return agent;
  try {
    const tokens = await operation.tokens.list(project, agentId);
    return tokens.some((token) => token.id === tokenId) ? PRESENT : GONE;
  } catch (error) {
    // The agent may have gone in between: its tokens went with it.
    if (error instanceof NotFoundError) return presenceOfAgent(operation, project, agentId);
    throw error;
  }
}

/** Looks for a URL configuration: the project, the agent, then the agent's one configuration. */
export async function presenceOfUrlConfiguration(
  operation: Operation,
  project: ProjectName,
  agentId: number,
  urlConfigurationId: number,
): Promise<Presence> {
  const agent = await presenceOfAgent(operation, project, agentId);
  if (agent.verdict !== "present") return agent;
  try {
    const configurations = await operation.urlConfigurations.list(project, agentId);
    return configurations.some((configuration) => configuration.id === urlConfigurationId) ? PRESENT : GONE;
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    // The agent may have gone in between: its configuration went with it.
    const now = await presenceOfAgent(operation, project, agentId);
    if (now.verdict !== "present") return now;
    return {
      verdict: "hidden",
      advice: `${RECEPTIVE_OFF} ${NOTHING_FORGOTTEN} ${REMOVE_BY_HAND}.`,
      adviceOnCreation: RECEPTIVE_OFF,
    };
  }
}

/** The next step where an input names an agent that its project does not have. */
export function noSuchAgent({ project, agentId }: { project: ProjectName; agentId: number }): string {
  return `Project ${project} has no agent ${agentId}. Take the id from the ClusterAgent (\`agent.agentId\`), or run \`pulumi refresh\` where the agent was deleted by hand.`;
}

/** Why every call about URL configurations answers 404 though the agent is there. */
export const RECEPTIVE_OFF =
  "The agent is there, but GitLab answers 404 for every URL configuration: receptive agents need GitLab Ultimate, self-managed, and an administrator who has switched them on (Admin area, Settings, General, GitLab agent for Kubernetes: receptive mode).";

/**
 * The answer to a read or delete that was told 404: true where the object is proved gone. Throws the 404 with the cause and
 * the remedy where it is not.
 */
export async function provedGone(error: NotFoundError, presence: Promise<Presence>): Promise<true> {
  const found = await presence;
  if (found.verdict === "gone") return true;
  throw error.withAdvice(
    found.verdict === "hidden"
      ? found.advice
      : `GitLab's list shows the object all the same, so this answer is not to be trusted. ${NOTHING_FORGOTTEN} Run the command again.`,
  );
}

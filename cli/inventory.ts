import {
  decodedPath,
  NotFoundError,
  PermissionError,
  type GitLab,
  type WireAgentToken,
  type WireClusterAgent,
  type WireUrlConfiguration,
} from "../provider/gitlab";
import { canonicalProject } from "../provider/projectNumbers";
import { projectFromId, type ProjectName } from "../provider/inputs/ids";

/** An agent with its tokens and URL configurations. */
export interface FoundAgent {
  /** Its project, as a program would name it. */
  project: ProjectName;
  agent: WireClusterAgent;
  /** Its active tokens, oldest first. */
  tokens: WireAgentToken[];
  urlConfigurations: WireUrlConfiguration[];
}

/** The existing objects of some projects. */
export interface Inventory {
  agents: FoundAgent[];
  /** Sentences that say what was left out, and why. */
  notes: string[];
}

/**
 * Lists the agents of projects with their tokens and URL configurations. It only reads.
 *
 * @param wanted names or ids of agents; others are left out without requests. Empty: all agents
 * @throws Error if no project has one of the wanted agents
 */
export async function takeInventory(
  gitlab: GitLab,
  projects: readonly string[],
  wanted: readonly string[] = [],
): Promise<Inventory> {
  const notes: string[] = [];
  const seen = new Set<number>();
  const listed: { project: ProjectName; agent: WireClusterAgent }[] = [];
  for (const project of distinct(projects)) {
    const found = await gitlab.begin(`list the agents of project ${project}`).agents.list(project);
    // A project may be given by its id and by its path: each agent is listed once.
    const fresh = found.filter(({ id }) => !seen.has(id));
    for (const { id } of fresh) seen.add(id);
    if (found.length === 0) notes.push(`Project ${project} has no agents.`);
    listed.push(...fresh.map((agent) => ({ project, agent })));
  }
  const chosen = chosenAgents(listed, wanted);
  const agents: FoundAgent[] = [];
  // One project after another, so that the time limits of thousands of reads do not start at the same time.
  for (const name of new Set(chosen.map(({ project }) => project))) {
    const ofProject = chosen.filter(({ project }) => project === name);
    agents.push(...(await Promise.all(ofProject.map(({ agent }) => withChildren(gitlab, name, agent, notes)))));
  }
  return { agents, notes };
}

/** The agents with these names or ids; all if none is given. */
function chosenAgents<Listed extends { agent: WireClusterAgent }>(
  listed: readonly Listed[],
  wanted: readonly string[],
): readonly Listed[] {
  if (wanted.length === 0) return listed;
  const is = ({ name, id }: WireClusterAgent, text: string): boolean => name === text || String(id) === text;
  const missing = wanted.filter((text) => !listed.some(({ agent }) => is(agent, text)));
  if (missing.length > 0) {
    const names = listed.map(({ agent }) => `"${agent.name}"`);
    const there = names.length === 0 ? "They have no agents" : `They have ${names.join(", ")}`;
    throw new Error(
      `No agent of these projects has the name or id ${missing.map((text) => `"${text}"`).join(" or ")}, as --agent requires. ${there}.`,
    );
  }
  return listed.filter(({ agent }) => wanted.some((text) => is(agent, text)));
}

async function withChildren(
  gitlab: GitLab,
  project: ProjectName,
  agent: WireClusterAgent,
  notes: string[],
): Promise<FoundAgent> {
  const [tokens, urlConfigurations] = await Promise.all([
    gitlab.begin(`list the active tokens of agent ${agent.id} in project ${project}`).tokens.list(project, agent.id),
    configurations(gitlab, project, agent, notes),
  ]);
  return { project, agent, tokens: tokens.sort((one, other) => one.id - other.id), urlConfigurations };
}

/** The URL configurations of an agent. Requested only for receptive agents, since the request needs a higher role. */
async function configurations(
  gitlab: GitLab,
  project: ProjectName,
  agent: WireClusterAgent,
  notes: string[],
): Promise<WireUrlConfiguration[]> {
  if (agent.is_receptive !== true) return [];
  const operation = gitlab.begin(`list the URL configurations of agent ${agent.id} in project ${project}`);
  try {
    return await operation.urlConfigurations.list(project, agent.id);
  } catch (error) {
    const left = `Its URL configuration is left out.`;
    const named = `Agent ${agent.id} ("${agent.name}") of project ${project} is receptive`;
    if (error instanceof NotFoundError) {
      notes.push(
        `${named}, but GitLab shows no URL configurations: receptive agents are not licensed or not enabled. ${left}`,
      );
    } else if (error instanceof PermissionError) {
      notes.push(
        `${named}, but this credential may not read URL configurations (GitLab answered 403), which needs the Maintainer role. ${left} Run this again with that role to include it.`,
      );
    } else throw error;
    return [];
  }
}

/** Each project once, as a program would name it. */
function distinct(projects: readonly string[]): ProjectName[] {
  const byName = new Map(projects.map((project) => [canonicalProject(project), project]));
  return [...byName.values()].map((project) => projectFromId(decodedPath(project) ?? project));
}

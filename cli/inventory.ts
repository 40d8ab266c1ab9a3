import {
  NotFoundError,
  type GitLab,
  type WireAgentToken,
  type WireClusterAgent,
  type WireUrlConfiguration,
} from "../provider/gitlab";
import { canonicalProject } from "../provider/projects";
import { projectFromId, type ProjectName } from "../provider/ids";
import { decoded } from "../provider/validation";

/** An agent with all that belongs to it. */
export interface FoundAgent {
  /** Its project, as a program would name it. */
  project: ProjectName;
  agent: WireClusterAgent;
  /** Its active tokens, oldest first. */
  tokens: WireAgentToken[];
  urlConfigurations: WireUrlConfiguration[];
}

/** What exists in some projects. */
export interface Inventory {
  agents: FoundAgent[];
  /** Sentences on what was left out, and why. */
  notes: string[];
}

/** Lists the agents of projects with their tokens and URL configurations. Reads alone. */
export async function takeInventory(gitlab: GitLab, projects: readonly string[]): Promise<Inventory> {
  const notes: string[] = [];
  const seen = new Set<number>();
  const agents: FoundAgent[] = [];
  for (const project of distinct(projects)) {
    const found = await gitlab.begin(`list the agents of project ${project}`).agents.list(project);
    // One project may be named by its id and by its path: an agent is taken once.
    const fresh = found.filter(({ id }) => !seen.has(id));
    for (const { id } of fresh) seen.add(id);
    if (found.length === 0) notes.push(`Project ${project} has no agents.`);
    agents.push(...(await Promise.all(fresh.map((agent) => belongings(gitlab, project, agent, notes)))));
  }
  return { agents, notes };
}

async function belongings(
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

/** The URL configurations of an agent. Asked for receptive agents alone, since the call needs a higher role. */
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
    if (!(error instanceof NotFoundError)) throw error;
    notes.push(
      `Agent ${agent.id} ("${agent.name}") of project ${project} is receptive, but GitLab shows no URL configurations: receptive agents are not licensed or switched off. Its URL configuration is left out.`,
    );
    return [];
  }
}

/** Each project once, as a program would name it. */
function distinct(projects: readonly string[]): ProjectName[] {
  const byName = new Map(projects.map((project) => [canonicalProject(project), project]));
  return [...byName.values()].map((project) => projectFromId(decoded(project) ?? project));
}

import { gitLab } from "../configuration";
import { NotFoundError, type WireAgentToken, type WireClusterAgent, type WireUrlConfiguration } from "../gitlab";
import { parseId, type ProjectName } from "../inputs/ids";
import { Project, ProjectAgent } from "../project";
import { canonicalProject, type AgentOf, sameProject } from "../projectNumbers";
import type { WantedAgent } from "./clusterAgent";
import type { WantedToken } from "./orphanedTokens";
import { differences, type WantedUrlConfiguration } from "./receptiveUrlConfig";

/**
 * The `import` option of our resources. Pulumi's own import does not work with a dynamic provider, so the constructor passes the
 * id as an input, and creation reads the existing object. Nothing is created or changed in GitLab.
 */
export class ImportError extends Error {
  override readonly name = "ImportError";
}

/** Inputs with the id of the object to import. */
type Importing<Wanted> = Wanted & { importId?: string };

/** Imports an existing agent. */
export async function importAgent(wanted: Importing<WantedAgent>, limit?: number): Promise<WireClusterAgent> {
  const { importId = "", project, name } = wanted;
  const { project: there, agentId } = parseId(importId, "ClusterAgent", "agentId");
  const operation = gitLab().begin(`import agent ${agentId} of project ${project}`, limit);
  const bound = new Project(operation, there);
  const agent = await existing("agent", () => bound.agents.get(agentId));
  const different: string[] = [];
  const recordedId = canonicalProject(there) === String(agent.config_project.id) ? undefined : agent.config_project.id;
  if (!(await sameProject(() => operation, there, recordedId, project))) different.push(projects(there, project));
  if (agent.name !== name) different.push(`name (the agent is called "${agent.name}", the program says "${name}")`);
  assertAlike(`ClusterAgent ${importId}`, different);
  return agent;
}

/** Imports an existing token, whose secret cannot be retrieved. */
export async function importToken(wanted: Importing<WantedToken>, limit?: number): Promise<WireAgentToken> {
  const { importId = "", project, name, description = "" } = wanted;
  const { project: there, agentId, objectId } = parseId(importId, "AgentToken", "tokenId");
  const operation = gitLab().begin(`import token ${objectId} of agent ${agentId} in project ${project}`, limit);
  const agent = new ProjectAgent(operation, { project: there, agentId });
  const token = await existing("active token", () => agent.tokens.get(objectId));
  const different = await elsewhere(agent, wanted);
  if (token.name !== name) different.push(`name (the token is called "${token.name}", the program says "${name}")`);
  if ((token.description ?? "") !== description) {
    different.push(`description (GitLab has "${token.description ?? ""}", the program says "${description}")`);
  }
  assertAlike(`AgentToken ${importId}`, different);
  return token;
}

/** Imports an existing URL configuration. GitLab does not return its client key: the declared one is recorded unchecked. */
export async function importUrlConfiguration(
  wanted: Importing<WantedUrlConfiguration>,
  limit?: number,
): Promise<WireUrlConfiguration> {
  const { importId = "", project } = wanted;
  const { project: there, agentId, objectId } = parseId(importId, "ReceptiveUrlConfig", "urlConfigurationId");
  const words = `import URL configuration ${objectId} of agent ${agentId} in project ${project}`;
  const agent = new ProjectAgent(gitLab().begin(words, limit), { project: there, agentId });
  const found = await existing("URL configuration", () => agent.urlConfigurations.get(objectId));
  assertAlike(`ReceptiveUrlConfig ${importId}`, [...(await elsewhere(agent, wanted)), ...differences(found, wanted)]);
  return found;
}

/** The differences between the place in an import id and the declared one. */
async function elsewhere({ operation, name: there, agentId }: ProjectAgent, wanted: AgentOf): Promise<string[]> {
  const different: string[] = [];
  if (!(await sameProject(() => operation, there, undefined, wanted.project))) {
    different.push(projects(there, wanted.project));
  }
  if (agentId !== wanted.agentId) {
    different.push(`agentId (the import id names ${agentId}, the program ${wanted.agentId})`);
  }
  return different;
}

function projects(there: ProjectName, declared: ProjectName): string {
  return `project (the import id names ${there}, the program ${declared})`;
}

async function existing<T>(kind: string, get: () => Promise<T>): Promise<T> {
  try {
    return await get();
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    throw error.withAdvice(
      `There is no such ${kind} for this credential. Correct the \`import\` option, or remove it to create a new one.`,
    );
  }
}

function assertAlike(what: string, different: readonly string[]): void {
  if (different.length === 0) return;
  throw new ImportError(
    `Could not import ${what}: it differs from the declared inputs in ${different.join(", ")}. Nothing was created or changed. Declare what exists, then change it in a later update; or remove the \`import\` option, to create a new object instead.`,
  );
}

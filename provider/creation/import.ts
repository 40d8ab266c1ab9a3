import {
  NotFoundError,
  type GitLab,
  type Operation,
  type WireAgentToken,
  type WireClusterAgent,
  type WireUrlConfiguration,
} from "../gitlab";
import { throughAgent } from "../agentProjects";
import { parseAgentId, parseChildId, type ProjectName } from "../inputs/ids";
import { canonicalProject, numericProject, sameProject, followMoves } from "../projects";
import { differences, type WantedUrlConfiguration } from "./receptiveUrlConfig";

/**
 * The `import` option of our resources. Pulumi's own import hands a dynamic provider nothing, so the constructor passes the
 * id on, and creation reads what exists instead of making it. Nothing is created or changed in GitLab.
 */
export class ImportError extends Error {
  override readonly name = "ImportError";
}

/** Takes over an existing agent. */
export async function importAgent(
  gitlab: GitLab,
  importId: string,
  project: ProjectName,
  name: string,
  limit?: number,
): Promise<WireClusterAgent> {
  const { project: there, agentId } = parseAgentId(importId);
  const operation = gitlab.begin(`import agent ${agentId} of project ${project}`, limit);
  const agent = await existing(operation, there, "agent", (p) => operation.agents.get(p, agentId));
  const different: string[] = [];
  const recordedId = canonicalProject(there) === String(agent.config_project.id) ? undefined : agent.config_project.id;
  if (!(await sameProject(() => operation, there, recordedId, project))) {
    different.push(`project (the import id names ${there}, the program ${project})`);
  }
  if (agent.name !== name) different.push(`name (the agent is called "${agent.name}", the program says "${name}")`);
  refuse(`ClusterAgent ${importId}`, different);
  return agent;
}

/** Takes over an existing token, whose secret cannot be had again. */
export async function importToken(
  gitlab: GitLab,
  importId: string,
  wanted: { project: ProjectName; agentId: number; name: string; description?: string },
  limit?: number,
): Promise<WireAgentToken> {
  const { project: there, agentId, childId } = parseChildId("AgentToken", importId);
  const operation = gitlab.begin(`import token ${childId} of agent ${agentId} in project ${wanted.project}`, limit);
  const token = await existing(
    operation,
    there,
    "active token",
    (p) => operation.tokens.get(p, agentId, childId),
    agentId,
  );
  const different = await elsewhere(operation, there, agentId, wanted);
  if (token.name !== wanted.name)
    different.push(`name (the token is called "${token.name}", the program says "${wanted.name}")`);
  if ((token.description ?? "") !== (wanted.description ?? "")) {
    different.push(
      `description (GitLab has "${token.description ?? ""}", the program says "${wanted.description ?? ""}")`,
    );
  }
  refuse(`AgentToken ${importId}`, different);
  return token;
}

/** Takes over an existing URL configuration. Its client key is GitLab's secret: the declared one is recorded unseen. */
export async function importUrlConfiguration(
  gitlab: GitLab,
  importId: string,
  wanted: WantedUrlConfiguration,
  limit?: number,
): Promise<WireUrlConfiguration> {
  const { project: there, agentId, childId } = parseChildId("ReceptiveUrlConfig", importId);
  const operation = gitlab.begin(
    `import URL configuration ${childId} of agent ${agentId} in project ${wanted.project}`,
    limit,
  );
  const found = await existing(
    operation,
    there,
    "URL configuration",
    (p) => operation.urlConfigurations.get(p, agentId, childId),
    agentId,
  );
  const different = [...(await elsewhere(operation, there, agentId, wanted)), ...differences(found, wanted)];
  refuse(`ReceptiveUrlConfig ${importId}`, different);
  return found;
}

/** In what the place that an import id names differs from the declared one. */
async function elsewhere(
  operation: Operation,
  there: ProjectName,
  agentId: number,
  wanted: { project: ProjectName; agentId: number },
): Promise<string[]> {
  const different: string[] = [];
  if (!(await sameProject(() => operation, there, undefined, wanted.project))) {
    different.push(`project (the import id names ${there}, the program ${wanted.project})`);
  }
  if (agentId !== wanted.agentId) {
    different.push(`agentId (the import id names ${agentId}, the program ${wanted.agentId})`);
  }
  return different;
}

async function existing<T>(
  operation: Operation,
  project: ProjectName,
  kind: string,
  get: (project: ProjectName) => Promise<T>,
  agentId?: number,
): Promise<T> {
  try {
    if (agentId !== undefined) return await throughAgent(operation, { project, agentId }, undefined, get);
    return await followMoves(operation, project, numericProject(project), get);
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    throw error.withAdvice(
      `There is no such ${kind} for this credential. Correct the \`import\` option, or take it away to create a new one.`,
    );
  }
}

function refuse(what: string, different: readonly string[]): void {
  if (different.length === 0) return;
  throw new ImportError(
    `Could not import ${what}: it differs from the declared inputs in ${different.join(", ")}. Nothing was created or changed. Declare what exists, then change it in a later update; or take the \`import\` option away, if the object is to be replaced or created anew.`,
  );
}

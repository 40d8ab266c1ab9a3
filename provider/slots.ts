import { gitLab } from "./configuration";
import { GitLabError } from "./gitlab";
import type { ProjectName } from "./ids";
import { noteActiveTokens } from "./knownTokens";
import { numericProject, throughMoves } from "./projects";

/** An agent's active tokens, at most. */
const SLOTS = 2;

/**
 * Tokens by their agent that are to be revoked before their successors are made. The engine carries such a plan out while it
 * makes the next one, which would then find the slot free.
 */
const spokenFor = new Map<number, Set<number>>();

/**
 * Whether the agent has no free slot, so that its old token must be revoked before the new one can be made. One list of the
 * agent's tokens, asked for where a replacement is due.
 */
export async function mustGoFirst(token: {
  project: ProjectName;
  agentId: number;
  tokenId: number;
  projectId?: number;
}): Promise<boolean> {
  const { project, agentId, tokenId, projectId } = token;
  try {
    const operation = gitLab().begin(`list the active tokens of agent ${agentId} in project ${project}`);
    const active = await throughMoves(operation, project, projectId ?? numericProject(project), (p) =>
      operation.tokens.list(p, agentId),
    );
    noteActiveTokens(agentId, active);
    // Revoking a token that is not active frees nothing.
    if (!active.some(({ id }) => id === tokenId)) return false;
    const planned = spokenFor.get(agentId) ?? new Set<number>();
    if (new Set([...active.map(({ id }) => id), ...planned]).size < SLOTS) return false;
    spokenFor.set(agentId, planned.add(tokenId));
    return true;
  } catch (error) {
    // A preview must not fail for this. Create first is what loses nothing: a taken slot is then told by the creation.
    if (error instanceof GitLabError) return false;
    throw error;
  }
}

import { gitLab } from "../configuration";
import { AuthenticationError, GitLabError, NotFoundError, PermissionError, type WireAgentToken } from "../gitlab";
import type { ProjectName } from "../inputs/ids";
import { isHeld, noteActiveTokens } from "../ownership/knownTokens";
import { ProjectAgent } from "../project";
import { listed, revokeByHand } from "./tokenListing";

/** An agent's active tokens, at most. */
const SLOTS = 2;

/**
 * Seconds that the question for free slots may take, with all its tries: it is asked while a preview is made, one resource
 * after another, so that a GitLab which is out of reach must not be waited for.
 */
const QUESTION_LIMIT = 5;

/** A token that is due for replacement, as the state has it. */
export interface DueToken {
  project: ProjectName;
  agentId: number;
  tokenId: number;
  name: string;
  projectId?: number;
}

/**
 * Tokens by their agent that are to be revoked before their successors are made. The engine carries such a plan out while it
 * makes the next one, which would then find the slot free.
 */
const plannedRevocations = new Map<number, Map<number, WireAgentToken>>();

/** Tokens of which the warning has been shown: the engine may ask for one plan twice. */
const warned = new Set<number>();

/** The settings with which GitLab did not answer this question: it is not asked again by this process. */
const unanswered = new WeakSet<object>();

/**
 * Whether the agent has no free slot, so that its old token must be revoked before the new one can be made: the user is warned
 * of that. One list of the agent's tokens, asked for where a replacement is due.
 */
export async function mustGoFirst(token: DueToken): Promise<boolean> {
  const { project, agentId, tokenId } = token;
  try {
    const operation = gitLab().begin(
      `list the active tokens of agent ${agentId} in project ${project}`,
      QUESTION_LIMIT,
    );
    const agent = new ProjectAgent(operation, token, token.projectId);
    const active = await activeTokens(agent, token);
    // Revoking a token that is not active frees nothing.
    const own = active?.find(({ id }) => id === tokenId);
    if (active === undefined || own === undefined) return false;
    noteActiveTokens(agentId, active);
    const planned = plannedRevocations.get(agentId) ?? new Map<number, WireAgentToken>();
    const holders = new Map([...planned, ...active.map((one) => [one.id, one] as const)]);
    if (holders.size < SLOTS) return false;
    holders.delete(tokenId);
    await warnOfGap(agent, token, [...holders.values()], planned);
    plannedRevocations.set(agentId, planned.set(tokenId, own));
    return true;
  } catch (error) {
    // A preview must not fail for this. Create first is what loses nothing: the creation then says what is wrong.
    if (error instanceof GitLabError) return false;
    throw error;
  }
}

/** The agent's active tokens; undefined, with one warning a process, where GitLab does not answer within some seconds. */
async function activeTokens(agent: ProjectAgent, token: DueToken): Promise<WireAgentToken[] | undefined> {
  const { operation } = agent;
  if (unanswered.has(operation.settings)) return undefined;
  const { project, agentId } = token;
  try {
    return await agent.tokens.list();
  } catch (error) {
    const answered =
      error instanceof NotFoundError || error instanceof PermissionError || error instanceof AuthenticationError;
    if (answered || !(error instanceof GitLabError)) throw error;
    if (unanswered.has(operation.settings)) return undefined;
    unanswered.add(operation.settings);
    const { method, path, status, words } = error;
    const told = [`${method ?? "GET"} ${path ?? "of them"}`, status, words].filter(Boolean).join(": ");
    operation.warn(
      `it could not be found out whether agent ${agentId} in project ${project} has a free slot for a new token: GitLab gave no usable answer within ${QUESTION_LIMIT} s (${told}). So the usual order is planned for token ${token.tokenId} "${token.name}" and for every other token that this run replaces: the new token is created first, and the old one is revoked last. GitLab is not asked again in this run. Where both slots of an agent are taken, the creation fails, and nothing is revoked. Run the command again when GitLab answers.`,
    );
    return undefined;
  }
}

/** Warns, once a process, that the old token goes first, and says what holds the other slot. */
async function warnOfGap(
  agent: ProjectAgent,
  { project, agentId, tokenId, name }: DueToken,
  others: readonly WireAgentToken[],
  planned: ReadonlyMap<number, unknown>,
): Promise<void> {
  if (warned.has(tokenId)) return;
  warned.add(tokenId);
  const lines = await Promise.all(
    others.map(async (other) => {
      const holder = planned.has(other.id)
        ? ", which this update replaces as well"
        : isHeld(other.id)
          ? ", which belongs to another resource of this program"
          : "";
      return `${await describe(agent, other)}${holder}`;
    }),
  );
  const foreign = others.find(({ id }) => !planned.has(id) && !isHeld(id));
  const free =
    foreign === undefined
      ? ""
      : ` Where nobody needs token ${foreign.id}, ${revokeByHand(agent, foreign.id)}: the new token is then created first again.`;
  agent.operation.warn(
    `token ${tokenId} "${name}" of agent ${agentId} in project ${project} is to be replaced, but the agent has no free slot for the new one, since it also has ${lines.join("; ")}. So token ${tokenId} is revoked first, and what uses it has no valid token until it gets the new one. To refuse this, set the resource option \`deleteBeforeReplace: false\`: the update then fails while both slots are taken, and nothing is revoked.${free}`,
  );
}

/** What tells a token from others; without its last use where GitLab does not say it. */
async function describe(agent: ProjectAgent, token: WireAgentToken): Promise<string> {
  try {
    return await listed(agent, [token]);
  } catch (error) {
    if (!(error instanceof GitLabError)) throw error;
    return `token ${token.id} "${token.name}" (created ${token.created_at})`;
  }
}

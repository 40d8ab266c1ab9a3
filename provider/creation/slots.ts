import { gitLab } from "../configuration";
import { AuthenticationError, GitLabError, NotFoundError, PermissionError, type WireAgentToken } from "../gitlab";
import type { ProjectName } from "../inputs/ids";
import { isHeld, noteActiveTokens } from "../ownership/knownTokens";
import { ProjectAgent } from "../project";
import { listed, revokeByHand } from "./tokenListing";

/** The maximal number of an agent's active tokens. */
const SLOTS = 2;

/**
 * The limit in seconds of the request for free slots, with all its tries. It is sent during a preview, one resource
 * after another, so a preview must not wait for an unreachable GitLab.
 */
const QUESTION_LIMIT = 5;

/** The state of a token that is due for replacement. */
export interface DueToken {
  project: ProjectName;
  agentId: number;
  tokenId: number;
  name: string;
  projectId?: number;
}

/**
 * Tokens by their agent that will be revoked before their successors are created. The engine may carry out such a plan while it
 * makes the next one, which would then find a free slot.
 */
const plannedRevocations = new Map<number, Map<number, WireAgentToken>>();

/** Tokens whose warning has been shown: the engine may ask for one plan twice. */
const warned = new Set<number>();

/** The settings with which GitLab did not respond to this request: this process does not send it again. */
const unanswered = new WeakSet<object>();

/**
 * Whether the agent has no free slot, so that its old token must be revoked before the new one can be created, which causes a
 * warning. It lists the agent's tokens once, if a replacement is due.
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
    // A preview must not fail because of this. Create first loses nothing: the creation then says what is wrong.
    if (error instanceof GitLabError) return false;
    throw error;
  }
}

/** The agent's active tokens; undefined, with one warning in each process, if GitLab does not respond within some seconds. */
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
    const outcome = [`${method ?? "GET"} ${path ?? "of them"}`, status, words].filter(Boolean).join(": ");
    operation.warn(
      `it could not be determined whether agent ${agentId} in project ${project} has a free slot for a new token: GitLab gave no usable response within ${QUESTION_LIMIT} s (${outcome}). So the usual order is planned for token ${token.tokenId} "${token.name}" and for every other token that this run replaces: the new token is created first, and the old one is revoked last. This request is not sent again in this run. If both slots of an agent are taken, the creation fails, and nothing is revoked. Run the command again when GitLab answers.`,
    );
    return undefined;
  }
}

/** Warns once in each process that the old token is revoked first, and names the token in the other slot. */
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
      : ` If token ${foreign.id} is not needed, ${revokeByHand(agent, foreign.id)}: the new token is then created before the old one is revoked.`;
  agent.operation.warn(
    `token ${tokenId} "${name}" of agent ${agentId} in project ${project} is to be replaced, but the agent has no free slot for the new one, since it also has ${lines.join("; ")}. So token ${tokenId} is revoked first, and installations that use it have no valid token until they get the new one. To prevent this, set the resource option \`deleteBeforeReplace: false\`: the update then fails while both slots are taken, and nothing is revoked.${free}`,
  );
}

/** A token's description for the user, without its last use if GitLab does not return it. */
async function describe(agent: ProjectAgent, token: WireAgentToken): Promise<string> {
  try {
    return await listed(agent, [token]);
  } catch (error) {
    if (!(error instanceof GitLabError)) throw error;
    return `token ${token.id} "${token.name}" (created ${token.created_at})`;
  }
}

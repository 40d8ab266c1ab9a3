import {
  type LostResponseError,
  type ValidationError,
  GitLabError,
  NotFoundError,
  PermissionError,
  type Operation,
  type WireAgentToken,
} from "../gitlab";
import { ownersFirst } from "../ownership/heldObjects";
import { holdToken, isHeld, notedActiveTokens, replacedToken } from "../ownership/knownTokens";
import { learnCreator, createdByOurUser } from "./lostResponses";
import { RepairedCreation, type Explained } from "./repairedCreation";
import { hasTexts, OrphanedTokens, storedTexts, type WantedToken } from "./orphanedTokens";
import { noSuchAgent, existenceOfAgent } from "../presence";
import { ProjectAgent } from "../project";
import { registeredHere } from "./clusterAgent";
import { Locks } from "./locks";
import { lastUse, listed, revokeByHand } from "./tokenListing";

/** GitLab's response to a creation, the only one with the secret. */
type CreatedToken = Awaited<ReturnType<Operation["tokens"]["create"]>>;

/** One creation at a time on an agent, so that two tokens of one name cannot be confused. */
const locks = new Locks<number>();

/**
 * Creates a token, and ends with exactly one of ours, with its secret, even if responses are lost.
 *
 * @param begin starts the operation when its turn comes: waiting for another token of the agent does not count for its limit
 */
export function createToken(begin: () => Operation, wanted: WantedToken): Promise<CreatedToken> {
  return locks.run(wanted.agentId, async () => {
    const agent = new ProjectAgent(begin(), wanted);
    await agent.projectId();
    const before = await activeBefore(agent);
    if (before !== undefined) await warnOfLeftovers(agent, wanted, before.tokens);
    const seen = before && { ids: new Set(before.tokens.map(({ id }) => id)), at: before.at };
    return new TokenCreation(agent, wanted, new OrphanedTokens(agent, wanted, seen)).run();
  });
}

class TokenCreation extends RepairedCreation<CreatedToken> {
  constructor(
    private readonly agent: ProjectAgent,
    private readonly wanted: WantedToken,
    private readonly orphans: OrphanedTokens,
  ) {
    super(agent.operation);
  }

  protected async create(): Promise<CreatedToken> {
    const token = await this.agent.tokens.create(storedTexts(this.wanted));
    holdToken(token.id);
    learnCreator(this.operation, token);
    await this.orphans.warnOfLateTokens();
    return token;
  }

  protected override get mayBeLeft(): boolean {
    return this.orphans.mayBeLeft;
  }

  /** The secret of what the lost request created is lost, so it is revoked, and another token is created. */
  protected async look(lost: LostResponseError): Promise<undefined> {
    await this.orphans.clear(lost);
  }

  protected lookBeforeRetry(): Promise<void> {
    return this.orphans.lookForLate();
  }

  protected isTaken(reason: string): boolean {
    return /two active tokens/.test(reason);
  }

  protected async resolveTaken(error: ValidationError): Promise<never> {
    await this.orphans.lookForLate();
    throw await slotsTaken(this.agent, this.wanted, error, this.orphans.doubtful());
  }

  /** If the agent is gone, its tokens are gone too. */
  protected async explain(error: NotFoundError): Promise<Explained> {
    const existence = await existenceOfAgent(this.agent, this.agent.agentId);
    if (existence.verdict === "gone") return { error: error.withAdvice(noSuchAgent(this.agent)), nothingLeft: true };
    const advice =
      existence.verdict === "hidden"
        ? existence.adviceOnCreation
        : "The agent exists, but GitLab accepts no new token for it: that needs the Maintainer role.";
    return { error: error.withAdvice(advice), nothingLeft: false };
  }

  protected leftover(since: string): string {
    return this.orphans.leftover(since);
  }
}

/**
 * The agent's tokens before ours is created; undefined if they cannot be listed. Not requested if this process
 * registered the agent, or if planning has already listed them (then somebody may have created one since).
 */
async function activeBefore(
  agent: ProjectAgent,
): Promise<{ tokens: readonly WireAgentToken[]; at: number } | undefined> {
  if (registeredHere(agent.agentId)) return { tokens: [], at: -Infinity };
  const noted = notedActiveTokens(agent.agentId);
  if (noted !== undefined) return { tokens: noted, at: -Infinity };
  try {
    return { tokens: await agent.tokens.list(), at: agent.operation.now() };
  } catch (error) {
    if (error instanceof NotFoundError || error instanceof PermissionError) return undefined;
    throw error;
  }
}

/**
 * A killed update may have left a token whose secret nobody has. Another run cannot distinguish it from somebody's own
 * token, so it only names it.
 */
async function warnOfLeftovers(
  agent: ProjectAgent,
  wanted: WantedToken,
  before: readonly WireAgentToken[],
): Promise<void> {
  const { operation } = agent;
  const suspects: WireAgentToken[] = [];
  try {
    for (const token of before) {
      if (isHeld(token.id) || !hasTexts(token, wanted)) continue;
      if ((await createdByOurUser(operation, token)) === false) continue;
      if ((await lastUse(agent, token.id)) === null) suspects.push(token);
    }
    for (const token of suspects) {
      operation.warn(
        `agent ${agent.agentId} of project ${agent.name} already has ${await listed(agent, [token])}. It was not touched. If no resource of this or another stack has it (\`tokenId\` ${token.id}) and an interrupted update left it, nobody has its secret: ${revokeByHand(agent, token.id)}.`,
      );
    }
  } catch (error) {
    if (!(error instanceof GitLabError)) throw error;
  }
}

async function slotsTaken(
  agent: ProjectAgent,
  wanted: WantedToken,
  error: ValidationError,
  doubtful: string,
): Promise<ValidationError> {
  const active = await agent.tokens.list();
  const leftovers = doubtful === "" ? "" : `${doubtful} Then run \`pulumi up\` again. `;
  return error.withAdvice(
    `An agent has at most two active tokens, and agent ${agent.agentId} has: ${await listed(agent, active)}. None of them was touched. ${leftovers}${ownersFirst(
      "token",
      active.map(({ id }) => id),
      replacedToken(wanted),
    )}Revoke the one that is not needed, or destroy its resource. If this token is to be replaced while both are in use, set the resource option \`deleteBeforeReplace: true\` on it; if two tokens of the agent are replaced in one update, complete the first one with \`pulumi up --target <its urn>\`, then run \`pulumi up\` again.`,
  );
}

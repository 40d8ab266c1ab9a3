import {
  GitLabError,
  LostResponseError,
  NotFoundError,
  PermissionError,
  ValidationError,
  type Operation,
  type WireAgentToken,
} from "../gitlab";
import { ownersFirst } from "../ownership/heldObjects";
import { holdToken, isHeld, notedActiveTokens, replacedToken } from "../ownership/knownTokens";
import {
  assertAnotherTry,
  learnCreator,
  lookedInto,
  madeByOurUser,
  pause,
  settlingPause,
  withLeftover,
  type Explained,
} from "./lostResponses";
import { alike, OrphanedTokens, type WantedToken } from "./orphanedTokens";
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
  return locks.run(wanted.agentId, () => create(new ProjectAgent(begin(), wanted), wanted));
}

async function create(agent: ProjectAgent, wanted: WantedToken): Promise<CreatedToken> {
  const { operation } = agent;
  await agent.projectId();
  const before = await activeBefore(agent);
  if (before !== undefined) await tellOfLeftovers(agent, wanted, before.tokens);
  const orphans = new OrphanedTokens(
    agent,
    wanted,
    before && { ids: new Set(before.tokens.map(({ id }) => id)), at: before.at },
  );
  const lost: LostResponseError[] = [];
  const leftover = (since: string) => orphans.leftover(since);
  const looking = <T>(cause: GitLabError, look: () => Promise<T>) =>
    lookedInto(lost, cause, leftover, look, (error) => explained(agent, error));
  for (let settling = 0; ;) {
    try {
      const made = await agent.tokens.create({ name: wanted.name, description: wanted.description });
      holdToken(made.id);
      learnCreator(operation, made);
      await orphans.tellLate();
      return made;
    } catch (error) {
      if (error instanceof LostResponseError) {
        lost.push(error);
        await looking(error, () => orphans.clear(error));
        assertAnotherTry(operation, lost, leftover, orphans.mayBeLeft);
        await looking(error, async () => {
          await pause(operation, lost.length);
          await orphans.lookForLate();
        });
      } else if (error instanceof ValidationError && error.reasons.some((reason) => /two active tokens/.test(reason))) {
        await looking(error, () => orphans.lookForLate());
        throw await slotsTaken(agent, wanted, error, orphans.doubtful());
      } else if (error instanceof NotFoundError) {
        const wait = settlingPause(operation, settling++);
        if (wait === undefined) {
          const { error: told, nothingLeft } = await explained(agent, error);
          throw nothingLeft ? told : withLeftover(told, lost, leftover, orphans.mayBeLeft);
        }
        await operation.sleep(wait);
      } else throw withLeftover(error, lost, leftover, orphans.mayBeLeft);
    }
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
async function tellOfLeftovers(
  agent: ProjectAgent,
  wanted: WantedToken,
  before: readonly WireAgentToken[],
): Promise<void> {
  const { operation } = agent;
  const suspects: WireAgentToken[] = [];
  try {
    for (const token of before) {
      if (isHeld(token.id) || !alike(token.name, wanted.name)) continue;
      if (!alike(token.description ?? "", wanted.description ?? "")) continue;
      if ((await madeByOurUser(operation, token)) === false) continue;
      if ((await lastUse(agent, token.id)) === null) suspects.push(token);
    }
    for (const token of suspects) {
      operation.warn(
        `agent ${agent.agentId} of project ${agent.name} already has ${await listed(agent, [token])}. It was not touched. Where no resource of this or another stack has it (\`tokenId\` ${token.id}) and an interrupted update left it, nobody has its secret: ${revokeByHand(agent, token.id)}.`,
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
  const whose = doubtful === "" ? "" : `${doubtful} Then run \`pulumi up\` again. `;
  return error.withAdvice(
    `An agent has at most two active tokens, and agent ${agent.agentId} has: ${await listed(agent, active)}. None of them was touched. ${whose}${ownersFirst(
      "token",
      active.map(({ id }) => id),
      replacedToken(wanted),
    )}Revoke the one that is not needed, or destroy its resource. If this token is to be replaced while both are in use, set the resource option \`deleteBeforeReplace: true\` on it; if two tokens of the agent are replaced in one update, complete the first one with \`pulumi up --target <its urn>\`, then run \`pulumi up\` again.`,
  );
}

/** Why GitLab accepts no token for this agent. If the agent is gone, its tokens are gone too. */
async function explained(agent: ProjectAgent, error: NotFoundError): Promise<Explained> {
  const presence = await existenceOfAgent(agent, agent.agentId);
  if (presence.verdict === "gone") return { error: error.withAdvice(noSuchAgent(agent)), nothingLeft: true };
  const advice =
    presence.verdict === "hidden"
      ? presence.adviceOnCreation
      : "The agent is there, but GitLab takes no new token for it: that needs the Maintainer role.";
  return { error: error.withAdvice(advice), nothingLeft: false };
}

import {
  ConflictError,
  GitLabError,
  NotFoundError,
  OperationTimeoutError,
  RateLimitedError,
  type Operation,
} from "../gitlab";
import type { ProjectName } from "../inputs/ids";
import { existenceOfToken } from "../presence";
import { ProjectAgent } from "../project";
import { numericProject } from "../projectNumbers";

/** The token whose first use is waited for. */
export interface AwaitedToken {
  project: ProjectName;
  agentId: number;
  tokenId: number;
  /** Seconds that the wait may take. */
  timeout: number;
}

/** The first wait between two polls, and the longest, ms. */
const SHORTEST_INTERVAL = 2000;
const LONGEST_INTERVAL = 15_000;
const GROWTH = 1.5;
/** The time in ms between the last poll and the limit, so that its response can arrive. */
const LAST_POLL = 1000;
/** The time between progress lines, ms. */
const BETWEEN_LINES = 30_000;

const NOTHING_REVOKED =
  "Nothing was revoked: a token that this one is to replace is still active, and what uses it keeps working.";

/**
 * Waits until GitLab reports that the token was used.
 *
 * @param operation has the wait's own limit, so that polls are retried as long as the wait lasts
 * @param cancelled ends when the user cancels the update
 * @returns GitLab's `last_used_at`, as first reported
 */
export async function firstUse(operation: Operation, token: AwaitedToken, cancelled: Promise<void>): Promise<string> {
  const startedAt = operation.now();
  // If the path no longer leads to the agent, the project's number is tried, if its list has the agent.
  const agent = new ProjectAgent(operation, token, numericProject(token.project));
  const stop = cancelled.then(() => {
    throw operation.conflict("the update was cancelled", `${NOTHING_REVOKED} Run \`pulumi up\` again to go on waiting`);
  });
  // Avoids an unhandled rejection: the wait may have ended when the user cancels.
  stop.catch(() => undefined);
  operation.info(
    `waiting until agent ${token.agentId} of project ${token.project} has used token ${token.tokenId}, for at most ${token.timeout} s`,
  );
  let shownAt = startedAt;
  let polls = 0;
  for (let interval = SHORTEST_INTERVAL; ; interval = Math.min(LONGEST_INTERVAL, interval * GROWTH)) {
    try {
      polls += 1;
      const used = await Promise.race([poll(agent, token.tokenId), stop]);
      if (used != null) return used;
    } catch (error) {
      if (error instanceof OperationTimeoutError || error instanceof RateLimitedError) {
        throw notUsed(operation, token, polls, error);
      }
      // A 404 has already been explained, and a cancelled wait needs no further text.
      if (error instanceof NotFoundError || error instanceof ConflictError || !(error instanceof GitLabError))
        throw error;
      throw error.alsoAdvising(`${NOTHING_REVOKED} The next \`pulumi up\` continues to wait`);
    }
    const now = operation.now();
    if (now - shownAt >= BETWEEN_LINES) {
      shownAt = now;
      operation.info(
        `agent ${token.agentId} of project ${token.project} has not used token ${token.tokenId} yet: waiting since ${seconds(now - startedAt)} s, ${seconds(operation.remaining())} s left`,
      );
    }
    const left = operation.remaining() - LAST_POLL;
    if (left <= 0) throw notUsed(operation, token, polls);
    await Promise.race([operation.sleep(Math.min(interval, left)), stop]);
  }
}

/** When the token was used; null if never, undefined if GitLab's response is contradictory. */
async function poll(agent: ProjectAgent, tokenId: number): Promise<string | null | undefined> {
  try {
    return (await agent.tokens.get(tokenId)).last_used_at;
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    const presence = await existenceOfToken(agent, tokenId);
    if (presence.verdict === "present") return undefined;
    if (presence.verdict === "hidden") throw error.withAdvice(`${presence.adviceOnCreation} ${NOTHING_REVOKED}`);
    throw error.withAdvice(
      `Token ${tokenId} is not active: it was revoked, or its agent was deleted, so no agent can use it any more. ${NOTHING_REVOKED} Run \`pulumi up --refresh\`, which creates what is missing`,
    );
  }
}

/** The error at the end of the wait. `last` is the last poll's failure, if it failed. */
function notUsed(
  operation: Operation,
  { agentId, timeout }: AwaitedToken,
  polls: number,
  last?: GitLabError,
): GitLabError {
  const words =
    last?.words === undefined
      ? ""
      : `; the last poll failed: ${last.status === undefined ? "" : `${last.status} `}${last.words}`;
  return operation.conflict(
    `GitLab saw no use of the token within ${timeout} s (${polls} ${polls === 1 ? "poll" : "polls"}${words})`,
    `${NOTHING_REVOKED} Look at the log of the agent's pods: \`Unauthenticated\` means that they read another token, so compare the name of the Secret that they mount; an address that cannot be reached means that the KAS address is wrong (\`getKas()\` returns the right one), or that the network blocks it. If no pod of agent ${agentId} runs, see why (\`kubectl describe pod\`). Then run \`pulumi up\` again: it continues to wait, and finishes at once if the agent has used the token by then. The argument \`timeout\` sets the limit`,
  );
}

function seconds(ms: number): number {
  return Math.round(ms / 1000);
}

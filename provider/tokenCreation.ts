import { Mutex } from "async-mutex";
import { LostAnswerError, NotFoundError, ValidationError, type Operation, type WireAgentToken } from "./gitlab";
import type { ProjectName } from "./ids";
import { assertAnotherTry, madeByUs, pause, SETTLING_PAUSES } from "./lostAnswers";
import { presenceOfAgent } from "./presence";
import { numericProject, throughMoves } from "./projects";

/** GitLab's answer to a creation: the one time that it shows the secret. */
type CreatedToken = Awaited<ReturnType<Operation["tokens"]["create"]>>;

/** What a program wants of a token. */
export interface WantedToken {
  project: ProjectName;
  agentId: number;
  name: string;
  description?: string;
}

/** One creation at a time on an agent, so that two tokens of one name cannot be taken for each other. */
const turns = new Map<number, Mutex>();

/** Tokens whose secret this process, or the state that it was shown, has in hand: never an orphan. */
const held = new Set<number>();

/** Keeps in mind that the secret of a token is in hand. */
export function holdToken(tokenId: unknown): void {
  if (typeof tokenId === "number") held.add(tokenId);
}

/** Creates a token, and ends with exactly one of ours, whose secret is in hand, whatever becomes of the answers. */
export async function createToken(operation: Operation, wanted: WantedToken): Promise<CreatedToken> {
  const turn = turns.get(wanted.agentId) ?? new Mutex();
  turns.set(wanted.agentId, turn);
  return turn.runExclusive(() => createInTurn(operation, wanted));
}

async function createInTurn(operation: Operation, wanted: WantedToken): Promise<CreatedToken> {
  const lost: LostAnswerError[] = [];
  const orphans = new Orphans(operation, wanted, lost);
  for (let settling = 0; ;) {
    try {
      const made = await through(operation, wanted, (p) =>
        operation.tokens.create(p, wanted.agentId, { name: wanted.name, description: wanted.description }),
      );
      holdToken(made.id);
      if (lost.length > 0) await orphans.revokeLate();
      return made;
    } catch (error) {
      if (error instanceof LostAnswerError) {
        lost.push(error);
        const revoked = await orphans.revoke(error);
        assertAnotherTry(lost);
        await pause(operation, lost.length);
        // What we gave up by our own limit, GitLab may carry out later.
        if (error.timedOut && revoked === 0) await orphans.revoke(error);
      } else if (
        error instanceof ValidationError &&
        error.reasons.some((reason) => /only two active tokens/.test(reason))
      ) {
        if (lost.length === 0 || (await orphans.revoke(error)) === 0) throw await slotsTaken(operation, wanted, error);
      } else if (error instanceof NotFoundError) {
        const presence = await presenceOfAgent(
          operation,
          numericProject(wanted.project) ?? wanted.project,
          wanted.agentId,
        );
        const wait = SETTLING_PAUSES[settling++];
        if (wait === undefined) throw unreachable(wanted, error, presence);
        await operation.sleep(wait);
      } else throw error;
    }
  }
}

/** Tokens that lost requests of ours have made. Their secrets are in nobody's hands. */
class Orphans {
  #revoked = 0;
  constructor(
    private readonly operation: Operation,
    private readonly wanted: WantedToken,
    private readonly lost: readonly LostAnswerError[],
  ) {}

  /** Revokes what our lost requests made, and says how many. Throws where that cannot be told from somebody else's. */
  async revoke(cause: LostAnswerError | ValidationError): Promise<number> {
    const { certain, doubtful } = await this.#find();
    if (doubtful.length > 0 || certain.length > this.lost.length - this.#revoked) {
      throw cause.withAdvice(
        `It cannot be told which of these active tokens of agent ${this.wanted.agentId} the lost request made, and none was touched: ${await listed(this.operation, this.wanted, [...certain, ...doubtful])}. Find out which of them nobody uses, revoke it in GitLab (or with \`glab cluster agent token revoke\`), and run \`pulumi up\` again.`,
      );
    }
    for (const token of certain) {
      await this.#through((p) => this.operation.tokens.revoke(p, this.wanted.agentId, token.id));
      this.#revoked++;
    }
    return certain.length;
  }

  /** After success: what lost requests made late. Never throws, since the token in hand must not be lost for it. */
  async revokeLate(): Promise<void> {
    try {
      await this.revoke(this.lost[0] as LostAnswerError);
    } catch (error) {
      console.warn(
        `warning: the token is made; what an earlier lost request may have made besides could not be cleared: ${(error as Error).message}`,
      );
    }
  }

  async #find(): Promise<{ certain: WireAgentToken[]; doubtful: WireAgentToken[] }> {
    const found = { certain: [] as WireAgentToken[], doubtful: [] as WireAgentToken[] };
    const first = this.lost[0];
    if (first === undefined) return found;
    // A cut answer may still have shown the id of what it made: then nothing need be guessed.
    const known = new Set(this.lost.flatMap(({ objectId }) => objectId ?? []));
    const active = await this.#through((p) => this.operation.tokens.list(p, this.wanted.agentId));
    for (const token of active) {
      if (known.has(token.id)) {
        found.certain.push(token);
        continue;
      }
      if (known.size === this.lost.length) continue;
      if (held.has(token.id) || !alike(token.name, this.wanted.name)) continue;
      if (!alike(token.description ?? "", this.wanted.description ?? "")) continue;
      const verdict = await madeByUs(this.operation, token, first.sentAt);
      if (verdict === false) continue;
      // Somebody who has used a token holds its secret, which a lost answer gave to nobody.
      const used = (await this.#through((p) => this.operation.tokens.get(p, this.wanted.agentId, token.id)))
        .last_used_at;
      if (used != null) continue;
      (verdict === true ? found.certain : found.doubtful).push(token);
    }
    return found;
  }

  #through<T>(call: (project: ProjectName) => Promise<T>): Promise<T> {
    return through(this.operation, this.wanted, call);
  }
}

function through<T>(operation: Operation, wanted: WantedToken, call: (project: ProjectName) => Promise<T>): Promise<T> {
  return throughMoves(operation, wanted.project, numericProject(wanted.project), call);
}

function alike(one: string, other: string): boolean {
  return one.trim() === other.trim();
}

async function slotsTaken(operation: Operation, wanted: WantedToken, error: ValidationError): Promise<ValidationError> {
  const active = await through(operation, wanted, (p) => operation.tokens.list(p, wanted.agentId));
  return error.withAdvice(
    `An agent has at most two active tokens, and agent ${wanted.agentId} has: ${await listed(operation, wanted, active)}. None of them was touched. Revoke the one that nobody needs, or destroy its resource. Where this token is to be replaced while both are in use, set the resource option \`deleteBeforeReplace: true\` on it; where two tokens of the agent are made anew in one update, bring the first one to its end with \`pulumi up --target <its urn>\`, then run \`pulumi up\` again.`,
  );
}

/** What tells tokens apart for a person: id, name, creator, creation, last use. */
async function listed(operation: Operation, wanted: WantedToken, tokens: readonly WireAgentToken[]): Promise<string> {
  const lines = await Promise.all(
    tokens.map(async (token) => {
      const creator = token.created_by_user_id == null ? "an unknown user" : `user ${token.created_by_user_id}`;
      const use = await lastUse(operation, wanted, token.id);
      return `token ${token.id} "${token.name}" (created ${token.created_at} by ${creator}, ${use})`;
    }),
  );
  return lines.join("; ");
}

async function lastUse(operation: Operation, wanted: WantedToken, tokenId: number): Promise<string> {
  try {
    const { last_used_at: used } = await through(operation, wanted, (p) =>
      operation.tokens.get(p, wanted.agentId, tokenId),
    );
    return used == null ? "never used" : `last used ${used}`;
  } catch (error) {
    if (error instanceof NotFoundError) return "revoked since";
    throw error;
  }
}

function unreachable(
  wanted: WantedToken,
  error: NotFoundError,
  presence: Awaited<ReturnType<typeof presenceOfAgent>>,
): NotFoundError {
  if (presence.verdict === "hidden") return error.withAdvice(presence.advice);
  return error.withAdvice(
    presence.verdict === "gone"
      ? `Project ${wanted.project} has no agent ${wanted.agentId}. Take the id from the ClusterAgent (\`agent.agentId\`), or run \`pulumi refresh\` where the agent was deleted by hand.`
      : "The agent is there, but GitLab takes no new token for it: that needs the Maintainer role.",
  );
}

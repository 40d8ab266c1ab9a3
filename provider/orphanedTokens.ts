import type { GitLabError, LostAnswerError, Operation, WireAgentToken } from "./gitlab";
import { isHeld } from "./knownTokens";
import { madeAfter, madeBefore, madeByOurUser, mayComeLate, pauseBefore } from "./lostAnswers";
import { lastUse, listed, revokeByHand, through, type AgentOfToken } from "./tokenListing";

/** What a program wants of a token. */
export interface WantedToken extends AgentOfToken {
  name: string;
  description?: string;
}

/**
 * Clocks of several machines that answer for one GitLab may differ by so much, ms. Allowed for only where it is known by other
 * means which tokens were there before.
 */
const CLOCKS_DIFFER = 2000;

/** A request that we gave up by our own limit is looked for during so many times that limit after it. */
const LIMITS_TO_WATCH = 2;

/** Where something before GitLab gave up, GitLab may still be at it: looked for during so many ms at most. */
const WATCH_AFTER_GATEWAY = 5000;

/** What was under way when the connection was lost may end so many ms later. */
const WATCH_AFTER_LOSS = 500;

/** Tokens that lost requests of ours have made. Their secrets are in nobody's hands. */
export class OrphanedTokens {
  /** Lost answers of which it is not known yet what they made. */
  readonly #open: LostAnswerError[] = [];

  /**
   * @param before the tokens that were active before our first request; undefined where that is not known
   * @param fresh whether `before` was asked for right before that request: else somebody may have made one in between
   */
  constructor(
    private readonly operation: Operation,
    private readonly wanted: WantedToken,
    private readonly before: ReadonlySet<number> | undefined,
    private readonly fresh: boolean,
  ) {}

  /** Takes in a lost answer, and revokes what its request made, also where GitLab carries it out only later. */
  async clear(lost: LostAnswerError): Promise<void> {
    this.#open.push(lost);
    const until = this.operation.now() + this.#watch(lost);
    for (let looks = 1; ; looks++) {
      await this.revoke(lost);
      const left = until - this.operation.now();
      if (left <= 0 || !this.#open.includes(lost)) return;
      // A slow GitLab is slow for a while: looks get rarer, and the last one comes at the end.
      await this.operation.sleep(Math.min(left, pauseBefore(looks)));
    }
  }

  /** Revokes what lost requests made, and says how many. Throws where that cannot be told from somebody else's. */
  async revoke(cause: GitLabError): Promise<number> {
    if (this.#open.length === 0) return 0;
    const { ours, doubtful } = await this.#find();
    if (doubtful.length > 0) {
      const tokens = await listed(this.operation, this.wanted, [...ours.keys(), ...doubtful]);
      throw cause.withAdvice(
        `It cannot be told which of these active tokens of agent ${this.wanted.agentId} the lost request made, and none was touched: ${tokens}. Find out which of them nobody uses, ${revokeByHand(this.wanted, "<token id>")}, and run \`pulumi up\` again.`,
      );
    }
    for (const [token, lost] of ours) {
      await through(this.operation, this.wanted, (p) => this.operation.tokens.revoke(p, this.wanted.agentId, token.id));
      this.#close(lost);
    }
    return ours.size;
  }

  /** After success: what lost requests made late. Never throws, since the token in hand must not be lost for it. */
  async revokeLate(cause: GitLabError): Promise<void> {
    try {
      await this.revoke(cause);
    } catch (error) {
      this.operation.warn(
        `token "${this.wanted.name}" of agent ${this.wanted.agentId} is made; what an earlier try, whose answer was lost, may have made besides could not be cleared away: ${(error as Error).message}`,
      );
      return;
    }
    const [late] = this.#open.filter(({ timedOut }) => timedOut);
    if (late === undefined) return;
    this.operation.warn(
      `token "${this.wanted.name}" of agent ${this.wanted.agentId} is made. An earlier try got no answer within ${this.operation.settings.requestTimeout} s, and nothing came of it until now. ${this.leftover(new Date(late.sentAt).toISOString())}`,
    );
  }

  /** What to tell a person where it cannot be found out what a lost request made. */
  leftover(since: string): string {
    return `Should agent ${this.wanted.agentId} have another active token "${this.wanted.name}" created after ${since}, then nobody has its secret: ${revokeByHand(this.wanted, "<token id>")}.`;
  }

  /** How long to look for what a lost request may still make, ms: never so long that no time is left for another try. */
  #watch(lost: LostAnswerError): number {
    const limit = this.operation.settings.requestTimeout * 1000;
    const most = lost.timedOut ? Infinity : mayComeLate(lost) ? WATCH_AFTER_GATEWAY : WATCH_AFTER_LOSS;
    return Math.max(0, Math.min(most, LIMITS_TO_WATCH * limit, this.operation.remaining() - limit - 1000));
  }

  async #find(): Promise<{ ours: Map<WireAgentToken, LostAnswerError>; doubtful: WireAgentToken[] }> {
    const active = await through(this.operation, this.wanted, (p) =>
      this.operation.tokens.list(p, this.wanted.agentId),
    );
    const ours = new Map<WireAgentToken, LostAnswerError>();
    const doubtful: WireAgentToken[] = [];
    const free = new Set(this.#open);
    // A cut answer may still have shown the id of what it made: then nothing need be guessed.
    for (const lost of this.#open.filter(({ objectId }) => objectId !== undefined)) {
      const token = active.find(({ id }) => id === lost.objectId);
      if (token === undefined) this.#close(lost);
      else ours.set(token, lost);
      free.delete(lost);
    }
    if (free.size === 0) return { ours, doubtful };
    active.sort((one, other) => Date.parse(one.created_at) - Date.parse(other.created_at));
    for (const token of active) {
      if (ours.has(token) || !(await this.#mayBeOurs(token))) continue;
      const [maker] = [...free].filter((lost) => this.#couldHaveMade(lost, token)).sort(shortestFirst);
      if (maker === undefined) doubtful.push(token);
      else {
        ours.set(token, maker);
        free.delete(maker);
      }
    }
    return { ours, doubtful };
  }

  /** Everything but the time: nobody else could have made it, as far as one can see. */
  async #mayBeOurs(token: WireAgentToken): Promise<boolean> {
    const { wanted, operation } = this;
    if (isHeld(token.id) || this.before?.has(token.id)) return false;
    if (!alike(token.name, wanted.name) || !alike(token.description ?? "", wanted.description ?? "")) return false;
    const tolerance = this.before === undefined ? 0 : CLOCKS_DIFFER;
    if (this.#open.every((lost) => madeBefore(operation, token, lost, tolerance) === true)) return false;
    if ((await madeByOurUser(operation, token)) === false) return false;
    // Somebody who has used a token holds its secret, which a lost answer gave to nobody.
    return (await lastUse(operation, wanted, token.id)) === null;
  }

  /** Whether the time of its creation fits the lost request. What GitLab carried out later fits only where we gave up. */
  #couldHaveMade(lost: LostAnswerError, token: WireAgentToken): boolean {
    // What is older than our request only by less than clocks may differ can be somebody's own, unless all was seen just before.
    const tolerance = this.fresh ? CLOCKS_DIFFER : 0;
    const early = madeBefore(this.operation, token, lost, tolerance);
    const late = madeAfter(this.operation, token, lost, WATCH_AFTER_LOSS);
    // Without a clock only what was there before tells.
    if (early === undefined || late === undefined) return this.before !== undefined;
    return !early && (mayComeLate(lost) || !late);
  }

  #close(lost: LostAnswerError): void {
    this.#open.splice(this.#open.indexOf(lost), 1);
  }
}

/** Whether GitLab may have made the one out of the other: some trim what they are given. */
export function alike(one: string, other: string): boolean {
  return one.trim() === other.trim();
}

/** Answers that we gave up come last: what they made may be of any later time. */
function shortestFirst(one: LostAnswerError, other: LostAnswerError): number {
  return Number(mayComeLate(one)) - Number(mayComeLate(other)) || one.lostAt - other.lostAt;
}

import type { LostResponseError, NewToken, WireAgentToken } from "../gitlab";
import { ownedByThisProgram } from "../ownership/heldObjects";
import { isHeld } from "../ownership/knownTokens";
import { createdAfter, createdBefore, createdByOurUser, mayComeLate } from "./lostResponses";
import type { ProjectAgent } from "../project";
import type { AgentOf } from "../projectNumbers";
import { lastUse, listed, revokeByHand } from "./tokenListing";

/** The declared token. */
export interface WantedToken extends AgentOf {
  name: string;
  description?: string;
}

/** The declared texts that GitLab stores: they distinguish a token from others. */
export function storedTexts({ name, description }: WantedToken): NewToken {
  return { name, description };
}

/** The active tokens that an agent had at one moment. */
export interface SeenTokens {
  ids: ReadonlySet<number>;
  /** Local time of the response with them, ms; -Infinity if others may have created tokens since. */
  at: number;
}

/**
 * How much the clocks of several machines of one GitLab may differ, ms. If the agent's tokens were listed right
 * before a request, a token that seems older than the request by no more than this was created after that list.
 */
const CLOCKS_DIFFER = 2000;

/** The maximal time between a list of the tokens and a request that was sent right after it, ms. */
const RIGHT_BEFORE = 200;

/** When a token was created relative to a lost request, if known. */
type Timing = "before" | "meanwhile" | "after" | "unclear";

/**
 * The tokens of requests whose responses were lost. Nobody has their secrets, so a token that one of them certainly created is
 * revoked: it did not exist before the request, existed when the response was lost, and was created in between. A token that
 * appeared later, or whose time is unknown, may be somebody else's: it is named, and never touched.
 */
export class OrphanedTokens {
  readonly #doubtful = new Map<number, WireAgentToken>();
  /** Lost responses whose token was not found: GitLab may still carry out their requests. */
  readonly #open: LostResponseError[] = [];
  #seen: SeenTokens | undefined;

  /** @param seen the tokens that were active before our first request; undefined if unknown */
  constructor(
    private readonly agent: ProjectAgent,
    private readonly wanted: WantedToken,
    seen: SeenTokens | undefined,
  ) {
    this.#seen = seen;
  }

  /** Whether a lost request has left, or may still create, a token. */
  get mayBeLeft(): boolean {
    return this.#doubtful.size > 0 || this.#open.some(mayComeLate);
  }

  /** Right after a response was lost: revokes the token of its request. Throws if it may be somebody else's. */
  async clear(lost: LostResponseError): Promise<void> {
    const suspects = await this.#look(lost);
    const tokensOf = (timing: Timing) =>
      suspects.filter((suspect) => suspect.timing === timing).map(({ token }) => token);
    const [ours, unclear] = [tokensOf("meanwhile"), tokensOf("unclear")];
    if (unclear.length > 0 || ours.length > 1) {
      const tokens = await listed(this.agent, [...ours, ...unclear]);
      throw lost.withAdvice(
        `It is not certain which of these active tokens of agent ${this.wanted.agentId} the lost request created, so none was revoked: ${tokens}. Find out which of them nobody uses, ${revokeByHand(this.agent, "<token id>")}, and run \`pulumi up\` again.`,
      );
    }
    for (const token of tokensOf("after")) this.#doubtful.set(token.id, token);
    const [created] = ours;
    if (created === undefined) this.#open.push(lost);
    else await this.#revoke(created, lost);
  }

  /** Looks for tokens that appeared after the responses were lost. They may be somebody else's: none is touched. */
  async lookForLate(): Promise<void> {
    if (this.#open.length === 0) return;
    for (const { token } of await this.#look()) this.#doubtful.set(token.id, token);
  }

  /** After success: names what may be left. Never throws, since the created token must not be lost. */
  async warnOfLateTokens(): Promise<void> {
    const created = `token "${this.wanted.name}" of agent ${this.wanted.agentId} was created`;
    try {
      await this.lookForLate();
    } catch (error) {
      this.agent.operation.warn(
        `${created}, but it could not be determined whether an earlier try, whose response was lost, created another one: ${(error as Error).message}`,
      );
    }
    const late = this.#open.find(mayComeLate);
    if (this.#doubtful.size > 0) this.agent.operation.warn(`${created}. ${this.doubtful()}`);
    else if (late !== undefined) {
      const why = late.timedOut
        ? `got no response within ${this.agent.operation.settings.requestTimeout} s`
        : `was answered ${late.status}`;
      this.agent.operation.warn(
        `${created}. An earlier try ${why}, and no token of it has appeared so far. ${this.leftover(new Date(late.sentAt).toISOString())}`,
      );
    }
  }

  /** The message about tokens that may be a lost request's; empty if there are none. */
  doubtful(): string {
    const tokens = [...this.#doubtful.values()];
    if (tokens.length === 0) return "";
    const names = tokens.map(({ id, name, created_at: at }) => `token ${id} "${name}", created ${at}`).join(", and ");
    const ids = tokens.map(({ id }) => `\`tokenId\` ${id}`).join(", ");
    return `Agent ${this.wanted.agentId} has ${names}, which was not there when the response to an earlier try was lost: GitLab may have carried that try out late, or somebody else created the token, so it was not revoked. If no resource of this or another stack has it (${ids}), nobody has its secret: ${revokeByHand(this.agent, tokens.length === 1 ? (tokens[0]?.id ?? 0) : "<token id>")}.`;
  }

  /** The message if the result of a lost request cannot be found out. */
  leftover(since: string): string {
    if (this.#doubtful.size > 0) return this.doubtful();
    return `If agent ${this.wanted.agentId} has another active token "${this.wanted.name}" created after ${since}, nobody has its secret: ${revokeByHand(this.agent, "<token id>")}.`;
  }

  async #revoke(token: WireAgentToken, lost: LostResponseError): Promise<void> {
    const { operation } = this.agent;
    await this.agent.tokens.revoke(token.id);
    const why =
      lost.objectId === token.id
        ? "the part of that response that arrived contains its id"
        : `it was created while that request was under way${(await createdByOurUser(operation, token)) === true ? ", by our user" : ""}, was not there before, and was never used`;
    operation.info(
      `revoked token ${token.id} "${token.name}" of agent ${this.agent.agentId} in project ${this.agent.name}, created ${token.created_at}: nobody has its secret, since the response to our request that created it was lost (${why}).`,
    );
  }

  /** Active tokens that are new and may be ours, with their creation relative to the response just lost. */
  async #look(lost?: LostResponseError): Promise<{ token: WireAgentToken; timing: Timing }[]> {
    const active = await this.agent.tokens.list();
    const suspects: { token: WireAgentToken; timing: Timing }[] = [];
    for (const token of active) {
      const timing = lost === undefined ? "after" : this.#timing(token, lost);
      if (timing !== "before" && (await this.#mayBeOurs(token, lost))) suspects.push({ token, timing });
    }
    this.#seen = { ids: new Set(active.map(({ id }) => id)), at: this.agent.operation.now() };
    return suspects;
  }

  /** Whether everything except the time says that the token is ours. */
  async #mayBeOurs(token: WireAgentToken, lost: LostResponseError | undefined): Promise<boolean> {
    const { wanted, agent } = this;
    if (isHeld(token.id) || ownedByThisProgram("token", token.id) || this.#seen?.ids.has(token.id)) return false;
    // A truncated response may contain the id of the created token, which is then certain.
    if (lost?.objectId !== undefined) return token.id === lost.objectId;
    if (!hasTexts(token, wanted)) return false;
    if ((await createdByOurUser(agent.operation, token)) === false) return false;
    // A token that was used is somebody else's: nobody has the secret of a lost response.
    return (await lastUse(agent, token.id)) === null;
  }

  #timing(token: WireAgentToken, lost: LostResponseError): Timing {
    if (lost.objectId === token.id) return "meanwhile";
    const early = createdBefore(this.agent.operation, token, lost);
    const late = createdAfter(this.agent.operation, token, lost);
    if (early === undefined || late === undefined) return "unclear";
    if (late) return "after";
    if (!early) return "meanwhile";
    if (this.#seen === undefined || createdBefore(this.agent.operation, token, lost, CLOCKS_DIFFER) === true)
      return "before";
    if (lost.sentAt - this.#seen.at <= RIGHT_BEFORE) return "meanwhile";
    return this.#open.length > 0 ? "after" : "unclear";
  }
}

/** Whether GitLab may have stored the declared texts as the token's: it trims some. */
export function hasTexts(token: WireAgentToken, wanted: WantedToken): boolean {
  return Object.entries(storedTexts(wanted)).every(
    ([key, text]: [string, string | undefined]) => (token[key as keyof NewToken] ?? "").trim() === (text ?? "").trim(),
  );
}

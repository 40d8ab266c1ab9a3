import axios, { type AxiosInstance } from "axios";
import { Semaphore } from "async-mutex";
import { missingCredential } from "../settings/advice";
import { attempt } from "./attempt";
import { Connection } from "./connection";
import { ConfigurationError } from "../errors";
import { errorOf, redirectRefused, unexpectedResponse } from "./failures";
import { FailedTry } from "./fault";
import { gateOf, SHORTEST_SHOWN_WAIT, type Gate } from "./gate";
import type { Redaction } from "../redaction";
import { RequestContext, type ApiResponse, type ApiRequest, type CheckedResponse } from "./request";
import { mayRepeat, retriesAfter, triesInAll, waitBefore } from "./retry";
import type { Runtime } from "../runtime";
import type { ServerClock } from "./serverClock";
import type { Settings } from "../settings/settings";
import { VERSION } from "../version";

/** More redirects than this are a loop. */
const MOST_REDIRECTS = 5;

/** Slots, gate, tries and redirects of requests. Every failure leaves it as an error of errors.ts. */
export class Transport {
  readonly http: AxiosInstance;
  readonly #connection: Connection;
  readonly #gate: Gate;
  readonly #slots: Semaphore;
  /** Whether the host has responded to this process, so that its name exists. */
  #reached = false;

  constructor(
    readonly settings: Settings,
    readonly runtime: Runtime,
    readonly clock: ServerClock,
    readonly redaction: Redaction,
  ) {
    this.#connection = new Connection(settings, redaction);
    this.#gate = gateOf(new URL(settings.baseUrl).origin, runtime);
    this.#slots = new Semaphore(settings.maxConcurrency);
    this.http = axios.create({
      headers: {
        Accept: "application/json",
        "User-Agent": `pulumi-gitlab-agent/${VERSION}`,
        ...settings.headers,
        ...(settings.token === undefined ? {} : { "Private-Token": settings.token }),
      },
      maxRedirects: 0,
      proxy: false,
      responseType: "stream",
      transformRequest: [(body: unknown) => body],
      transformResponse: [(body: unknown) => body],
      validateStatus: null,
    });
  }

  /**
   * Sends one request, as often as the policy allows, before `deadline` (local ms).
   *
   * @param settings those of the operation, which errors name
   */
  async send(
    what: string,
    request: ApiRequest,
    deadline: number,
    settings: Settings = this.settings,
  ): Promise<CheckedResponse> {
    if (settings.token === undefined) {
      const { words, advice } = missingCredential(settings);
      throw new ConfigurationError({ what, words, advice });
    }
    let url = new URL(`${settings.baseUrl}/api/v4${request.path}`);
    for (const [name, value] of Object.entries(request.query ?? {})) url.searchParams.set(name, String(value));
    const startedAt = this.runtime.now();
    for (let hops = 0; ; hops++) {
      const context = new RequestContext(what, request, deadline, url, startedAt, settings);
      const response = await this.#tryUntilResponse(context);
      const location = response.status >= 300 ? response.headers.location : undefined;
      if (location === undefined) {
        return { ...response, unexpected: (words) => unexpectedResponse(context, response, words, this) };
      }
      const target = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
      if (target?.origin !== url.origin || request.method !== "GET" || hops === MOST_REDIRECTS) {
        throw redirectRefused(context, response.status, target, location, this);
      }
      url = target;
    }
  }

  /** Takes a turn, tries, decides by the policy of retry.ts, waits: until there is a response, or nothing more may be tried. */
  async #tryUntilResponse(context: RequestContext): Promise<ApiResponse> {
    for (;;) {
      const outcome = await this.#tryInTurn(context);
      if (!(outcome instanceof FailedTry)) return outcome;
      if (!this.#mayTryAgain(outcome, context)) throw errorOf(outcome, context, this, this.#connection.proxy);
      this.#showWait(outcome, context);
      context.last = outcome;
      context.waited += outcome.wait;
      await this.runtime.sleep(outcome.wait);
      outcome.cancelled = this.runtime.isCancelled();
      if (outcome.cancelled) throw errorOf(outcome, context, this, this.#connection.proxy);
    }
  }

  /** One try, in its turn: its response, or how it failed. */
  async #tryInTurn(context: RequestContext): Promise<ApiResponse | FailedTry> {
    let release: (() => void) | undefined;
    try {
      release = await this.#turn(context);
      if (context.request.method === "POST") await this.runtime.assertWanted();
      const response = await attempt(context, this.#connection, this);
      this.#reached = true;
      return response;
    } catch (error) {
      if (!(error instanceof FailedTry)) throw errorOf(error, context, this, this.#connection.proxy);
      // Before the slot is free, so that the next in line finds the gate closed; and also where this request has no tries left.
      if (release !== undefined) this.#holdOthers(error, context);
      return error;
    } finally {
      release?.();
    }
  }

  /** Decides how long the request would wait, and makes all others to the host wait as well where GitLab asks for it. */
  #holdOthers(failed: FailedTry, context: RequestContext): void {
    if (failed.status !== undefined) this.#reached = true;
    const { ms, requested } = waitBefore(context.tries, failed, this.runtime.wallClock(), this.runtime.random);
    failed.wait = ms;
    if (requested !== undefined || failed.status === 429) this.#gate.close(ms, this.runtime, failed.status ?? 429);
  }

  /** Whether the request may be sent again after its wait, which is not begun where it would pass the operation's limit. */
  #mayTryAgain(failed: FailedTry, { request, tries, last, deadline }: RequestContext): boolean {
    const retries = retriesAfter(failed, this.settings, this.#reached);
    if (!mayRepeat(request.method, failed, last) || tries > retries) return false;
    failed.cancelled = this.runtime.isCancelled();
    if (failed.cancelled) return false;
    const inTime = this.runtime.now() + failed.wait < deadline;
    if (!inTime) failed.tooLong = failed.wait;
    return inTime;
  }

  /** From some seconds on a line shows that the request takes longer. */
  #showWait(failed: FailedTry, { tries, waited, firstSentAt, deadline }: RequestContext): void {
    const now = this.runtime.now();
    const untilNext = now - (firstSentAt ?? now) + failed.wait;
    if (untilNext < SHORTEST_SHOWN_WAIT) return;
    const each = Math.max(0, untilNext - waited - failed.wait) / tries;
    const retries = retriesAfter(failed, this.settings, this.#reached);
    const all = triesInAll(tries, retries, failed, deadline - now - failed.wait, each);
    const trouble = failed.status === 429 ? "limits the request rate" : "does not answer";
    const next = Math.max(1, Math.round(failed.wait / 1000));
    const seen = this.redaction.apply(failed.trouble);
    this.#gate.showWait(`${trouble} (${seen}), try ${tries} of ${all}, next in ${next} s`, failed.wait, this.runtime);
  }

  /** Waits for the gate and then for a slot, holding none while the gate is closed. */
  async #turn(context: RequestContext): Promise<() => void> {
    for (;;) {
      if (!(await this.#gate.pass(context.deadline, this.runtime))) {
        const beyond = this.runtime.isCancelled() ? "and the update was cancelled" : "beyond the operation's limit";
        throw this.#unsent(`GitLab asked this process to wait ${beyond}`, this.#gate.status);
      }
      const release = await this.#slot(context);
      if (this.#gate.closedUntil <= this.runtime.now()) return release;
      release();
    }
  }

  async #slot(context: RequestContext): Promise<() => void> {
    const acquired = this.#slots.acquire().then(([, release]) => release);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), Math.max(0, context.deadline - this.runtime.now()));
    });
    const release = await Promise.race([acquired, late]);
    clearTimeout(timer);
    if (release !== undefined) return release;
    void acquired.then((unwanted) => unwanted());
    throw this.#unsent("the operation's limit passed while other requests were under way");
  }

  #unsent(words: string, status?: number): FailedTry {
    const now = this.runtime.now();
    return new FailedTry({
      kind: "deadline",
      sent: false,
      words,
      sentAt: now,
      failedAt: now,
      ...(status ? { status } : {}),
    });
  }
}

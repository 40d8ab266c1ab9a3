import axios, { type AxiosInstance } from "axios";
import { Semaphore } from "async-mutex";
import { missingCredential } from "../settings/advice";
import { attempt } from "./attempt";
import { Connection } from "./connection";
import { ConfigurationError } from "../errors";
import { errorOf, redirectRefused, unexpectedResponse } from "./failures";
import { FailedTry } from "./fault";
import { gateOf, WORTH_TELLING, type Gate } from "./gate";
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
    ask: ApiRequest,
    deadline: number,
    settings: Settings = this.settings,
  ): Promise<CheckedResponse> {
    if (settings.token === undefined) {
      const { words, advice } = missingCredential(settings);
      throw new ConfigurationError({ what, words, advice });
    }
    let url = new URL(`${settings.baseUrl}/api/v4${ask.path}`);
    for (const [name, value] of Object.entries(ask.query ?? {})) url.searchParams.set(name, String(value));
    const startedAt = this.runtime.now();
    for (let hops = 0; ; hops++) {
      const exchange = new RequestContext(what, ask, deadline, url, startedAt, settings);
      const answer = await this.#exchange(exchange);
      const location = answer.status >= 300 ? answer.headers.location : undefined;
      if (location === undefined) {
        return { ...answer, unexpected: (words) => unexpectedResponse(exchange, answer, words, this) };
      }
      const target = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
      if (target?.origin !== url.origin || ask.method !== "GET" || hops === MOST_REDIRECTS) {
        throw redirectRefused(exchange, answer.status, target, location, this);
      }
      url = target;
    }
  }

  /** Tries, and waits and retries if the policy allows it. */
  async #exchange(exchange: RequestContext): Promise<ApiResponse> {
    for (;;) {
      try {
        return await this.#try(exchange);
      } catch (error) {
        const again = error instanceof FailedTry && (await this.#waitAfter(error, exchange));
        if (!again) throw errorOf(error, exchange, this, this.#connection.proxy);
      }
    }
  }

  /** One try, when its turn comes. */
  async #try(exchange: RequestContext): Promise<ApiResponse> {
    const release = await this.#turn(exchange);
    try {
      if (exchange.ask.method === "POST") await this.runtime.assertWanted();
      const answer = await attempt(exchange, this.#connection, this);
      this.#reached = true;
      return answer;
    } catch (error) {
      // Before the slot is free, so that the next request finds the gate closed; also if this request has no tries left.
      if (error instanceof FailedTry) this.#holdOthers(error, exchange);
      throw error;
    } finally {
      release();
    }
  }

  /** Decides how long the request would wait, and makes all others to the host wait too if GitLab asks for it. */
  #holdOthers(fault: FailedTry, exchange: RequestContext): void {
    if (fault.status !== undefined) this.#reached = true;
    const { ms, told } = waitBefore(exchange.tries, fault, this.runtime.wallClock(), this.runtime.random);
    fault.wait = ms;
    if (told !== undefined || fault.status === 429) this.#gate.close(ms, this.runtime);
  }

  /** Waits for the gate and then for a slot; it has no slot while the gate is closed. */
  async #turn(exchange: RequestContext): Promise<() => void> {
    for (;;) {
      if (!(await this.#gate.pass(exchange.deadline, this.runtime))) {
        const beyond = this.runtime.isCancelled() ? "and the update was cancelled" : "beyond the operation's limit";
        throw this.#unsent(`GitLab asked this process to wait ${beyond}`, 429);
      }
      const release = await this.#slot(exchange);
      if (this.#gate.closedUntil <= this.runtime.now()) return release;
      release();
    }
  }

  async #slot(exchange: RequestContext): Promise<() => void> {
    const acquired = this.#slots.acquire().then(([, release]) => release);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), Math.max(0, exchange.deadline - this.runtime.now()));
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

  /**
   * Waits if the request may be sent again. A wait that would exceed the operation's limit is not started.
   *
   * @returns whether it may be sent again
   */
  async #waitAfter(fault: FailedTry, exchange: RequestContext): Promise<boolean> {
    const { tries, ask, deadline } = exchange;
    const retries = retriesAfter(fault, this.settings, this.#reached);
    if (!mayRepeat(ask.method, fault, exchange.last) || tries > retries) return false;
    if (this.runtime.isCancelled()) {
      fault.cancelled = true;
      return false;
    }
    const now = this.runtime.now();
    if (now + fault.wait >= deadline) {
      fault.tooLong = fault.wait;
      return false;
    }
    exchange.last = fault;
    exchange.waited += fault.wait;
    const sinceFirst = now - (exchange.firstSentAt ?? now);
    if (sinceFirst + fault.wait >= WORTH_TELLING) {
      const each = Math.max(0, sinceFirst + fault.wait - exchange.waited) / tries;
      const all = triesInAll(tries, retries, fault, deadline - now - fault.wait, each);
      const trouble = fault.status === 429 ? "asks us to wait" : "does not answer";
      const next = Math.max(1, Math.round(fault.wait / 1000));
      const seen = this.redaction.apply(fault.trouble);
      this.#gate.tell(`${trouble} (${seen}), try ${tries} of ${all}, next in ${next} s`, fault.wait, this.runtime);
    }
    await this.runtime.sleep(fault.wait);
    fault.cancelled = this.runtime.isCancelled();
    return !fault.cancelled;
  }
}

import axios, { type AxiosInstance, type AxiosRequestConfig, type InternalAxiosRequestConfig } from "axios";
import axiosRetry from "axios-retry";
import { Semaphore } from "async-mutex";
import { missingCredential } from "./advice";
import { Connection } from "./connection";
import { ConfigurationError } from "./errors";
import { errorOf, redirectRefused } from "./failures";
import { Fault } from "./fault";
import { gateOf, type Gate } from "./gate";
import type { Redaction } from "./redaction";
import { Exchange, type Answer, type Ask } from "./request";
import { mayRepeat, toldWait, waitBefore } from "./retry";
import type { Runtime } from "./runtime";
import type { ServerClock } from "./serverClock";
import type { Settings } from "./settings";
import { attempt } from "./attempt";
import { VERSION } from "./version";

/** More redirects than this are a circle. */
const MOST_REDIRECTS = 5;

/** A request's configuration as axios carries it from try to try. */
interface Envelope extends AxiosRequestConfig {
  exchange?: Exchange;
}

/** The one user of axios: slots, gate, tries, redirects. Whatever goes wrong leaves it as an error of errors.ts. */
export class Transport {
  readonly #axios: AxiosInstance;
  readonly #connection: Connection;
  readonly #gate: Gate;
  readonly #slots: Semaphore;

  constructor(
    readonly settings: Settings,
    readonly runtime: Runtime,
    readonly clock: ServerClock,
    readonly redaction: Redaction,
  ) {
    this.#connection = new Connection(settings, redaction);
    this.#gate = gateOf(new URL(settings.baseUrl).origin, runtime);
    this.#slots = new Semaphore(settings.maxConcurrency);
    this.#axios = axios.create({
      adapter: (config) => this.#try(config),
      headers: {
        Accept: "application/json",
        "User-Agent": `pulumi-gitlab-agent/${VERSION}`,
        ...settings.headers,
        ...(settings.token === undefined ? {} : { "Private-Token": settings.token }),
      },
      maxRedirects: 0,
      proxy: false,
      transformRequest: [(body: unknown) => body],
      transformResponse: [(body: unknown) => body],
    });
    axiosRetry(this.#axios, {
      retries: settings.maxRetries,
      retryCondition: (error) => (error as unknown) instanceof Fault && this.#again(error as unknown as Fault),
      // The wait itself is ours, on the injected clock.
      retryDelay: () => 0,
      onRetry: (retry, error) => this.#wait(retry, error as unknown as Fault),
    });
  }

  /** Sends one request, as often as the policy allows, before `deadline` (local ms). */
  async send(what: string, ask: Ask, deadline: number): Promise<Answer> {
    const { settings } = this;
    if (settings.token === undefined) {
      const { words, advice } = missingCredential(settings);
      throw new ConfigurationError({ what, words, advice });
    }
    let url = new URL(`${settings.baseUrl}/api/v4${ask.path}`);
    for (const [name, value] of Object.entries(ask.query ?? {})) url.searchParams.set(name, String(value));
    const startedAt = this.runtime.now();
    for (let hops = 0; ; hops++) {
      const exchange = new Exchange(what, ask, deadline, url, startedAt);
      const answer = await this.#exchange(exchange);
      const location = answer.status >= 300 ? answer.headers.location : undefined;
      if (location === undefined) return answer;
      const target = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
      if (target?.origin !== url.origin || ask.method !== "GET" || hops === MOST_REDIRECTS) {
        throw redirectRefused(exchange, answer.status, target, location, this);
      }
      url = target;
    }
  }

  async #exchange(exchange: Exchange): Promise<Answer> {
    const { ask } = exchange;
    const body =
      ask.body === undefined ? {} : { data: JSON.stringify(ask.body), headers: { "Content-Type": "application/json" } };
    const envelope: Envelope = { method: ask.method, url: exchange.url.href, ...body, exchange };
    try {
      return (await this.#axios.request<Answer>(envelope)).data;
    } catch (error) {
      throw errorOf(error, exchange, this, this.#connection.proxy);
    }
  }

  /** axios's adapter: one try, in its turn. */
  async #try(config: InternalAxiosRequestConfig) {
    const exchange = (config as unknown as Envelope).exchange;
    if (exchange === undefined) throw new TypeError("a request without its exchange");
    try {
      const release = await this.#turn(exchange);
      try {
        const answer = await attempt(config, exchange, this.#connection, this);
        return { data: answer, status: answer.status, statusText: "", headers: {}, config };
      } finally {
        // Not before a refusal has closed the gate, which axios-retry comes to in this same turn of the event loop: the next
        // in line would slip through.
        setImmediate(release);
      }
    } catch (error) {
      if (error instanceof Fault) {
        // Here, and not only where it is tried again: others are held back also where this request has no tries left.
        if (error.status === 429) this.#gate.close(toldWait(error.headers, this.runtime.now()) ?? 0, this.runtime);
        // For axios-retry, which sends it again by this. Not enumerable: it holds the credential.
        Object.defineProperty(error, "config", { value: config, enumerable: false, configurable: true });
      }
      throw error;
    }
  }

  /** Waits for the gate and then for a slot, holding none while the gate is closed. */
  async #turn(exchange: Exchange): Promise<() => void> {
    for (;;) {
      if (!(await this.#gate.pass(exchange.deadline, this.runtime))) {
        throw this.#unsent(exchange, "GitLab asked this process to wait beyond the operation's limit", 429);
      }
      const release = await this.#slot(exchange);
      if (this.#gate.closedUntil <= this.runtime.now()) return release;
      release();
    }
  }

  async #slot(exchange: Exchange): Promise<() => void> {
    const acquired = this.#slots.acquire().then(([, release]) => release);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), Math.max(0, exchange.deadline - this.runtime.now()));
    });
    const release = await Promise.race([acquired, late]);
    clearTimeout(timer);
    if (release !== undefined) return release;
    void acquired.then((unwanted) => unwanted());
    throw this.#unsent(exchange, "the operation's limit passed while other requests were under way");
  }

  #unsent(exchange: Exchange, words: string, status?: number): Fault {
    const now = this.runtime.now();
    return new Fault({
      kind: "deadline",
      sent: false,
      words,
      sentAt: now,
      failedAt: now,
      ...(status ? { status } : {}),
    });
  }

  #again(fault: Fault): boolean {
    const exchange = (fault.config as Envelope).exchange;
    return exchange !== undefined && mayRepeat(exchange.ask.method, fault);
  }

  /** Waits before a retry; a wait that would pass the operation's limit is not begun. */
  async #wait(retry: number, fault: Fault): Promise<void> {
    const exchange = (fault.config as Envelope).exchange;
    const { ms, told } = waitBefore(retry, fault, this.runtime.now(), this.runtime.random);
    // Whoever is told to wait closes the gate for all, before giving up as well.
    if (told !== undefined || fault.status === 429) this.#gate.close(ms, this.runtime);
    if (exchange !== undefined) {
      if (this.runtime.now() + ms >= exchange.deadline) {
        fault.tooLong = ms;
        throw fault;
      }
      exchange.last = fault;
    }
    const why =
      told === undefined
        ? `GitLab does not answer (${this.redaction.apply(fault.summary)}): trying again in ${Math.ceil(ms / 1000)} s`
        : `GitLab asks us to wait ${Math.ceil(told / 1000)} s`;
    this.#gate.tell(why, ms, this.runtime);
    await this.runtime.sleep(ms);
  }
}

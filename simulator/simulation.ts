import type { CertificateForm } from "./certificates";
import { FaultSchedule } from "./faults";
import type { ResolvedOptions } from "./options";
import { RateLimiter } from "./rateLimit";
import type { RecordedRequest } from "./requestLog";
import { Store } from "./store";

/** Responses whose bodies are kept for the page. */
const KEPT_RESPONSES = 200;

/** Settings that may be changed while the simulator runs. */
export interface SimulatorSettings {
  /** Whether receptive agents are enabled in the instance. */
  receptiveEnabled: boolean;
  /** The form of certificates in requests and responses. */
  certificates: CertificateForm;
  /** Milliseconds before every request is carried out. */
  latency: number;
}

/** One simulated GitLab, without its server: objects, settings, faults, requests and clock. */
export class Simulation {
  readonly store: Store;
  readonly faults: FaultSchedule;
  readonly rateLimiter: RateLimiter;
  readonly requests: RecordedRequest[] = [];
  /** The bodies of the last responses, **with their secrets**, by the numbers of their requests. */
  readonly responses = new Map<number, string>();
  readonly settings: SimulatorSettings;
  /** The server's own address, known once it listens. */
  ownUrl = "";
  /** Running requests, and their maximum so far. */
  readonly concurrency = { now: 0, peak: 0 };
  private readonly closing = new AbortController();
  private requestCount = 0;

  constructor(readonly options: ResolvedOptions) {
    this.store = new Store(this.now, options.tokenPrefix);
    this.faults = new FaultSchedule(options.random);
    this.rateLimiter = new RateLimiter(options.rateLimit, this.now);
    this.settings = this.initialSettings();
    this.seed();
  }

  /** GitLab's clock. */
  readonly now = (): number => this.options.clock() + this.options.clockSkew;

  /** The configured address of GitLab. */
  readonly externalUrl = (): string => this.options.externalUrl ?? this.ownUrl;

  /** Waits; ends early when the simulator is closed. */
  wait(milliseconds: number): Promise<void> {
    return milliseconds > 0 ? this.options.sleep(milliseconds, this.closing.signal) : Promise.resolve();
  }

  /** Text as this GitLab stores it. */
  normalized<Text extends string | null | undefined>(text: Text): Text {
    return this.options.normalize === "trim" && typeof text === "string" ? (text.trim() as Text) : text;
  }

  nextRequestNumber(): number {
    return ++this.requestCount;
  }

  record(request: RecordedRequest): void {
    this.requests.push(request);
    if (this.requests.length > this.options.requestLogLimit) this.requests.shift();
  }

  /** Keeps the body of a response, for the page: the last ones, since lists are long. */
  keepResponse(request: RecordedRequest, body: string): void {
    this.responses.set(request.number, body);
    const [oldest] = this.responses.keys();
    if (this.responses.size > KEPT_RESPONSES && oldest !== undefined) this.responses.delete(oldest);
  }

  /** Restores the initial objects, settings, faults, requests and the rate limit's count. */
  reset(): void {
    this.requests.length = 0;
    this.responses.clear();
    this.requestCount = 0;
    this.concurrency.peak = this.concurrency.now;
    this.faults.clear();
    this.rateLimiter.clear();
    Object.assign(this.settings, this.initialSettings());
    this.store.clear();
    this.seed();
  }

  get closed(): boolean {
    return this.closing.signal.aborted;
  }

  /** Ends every wait. */
  close(): void {
    this.closing.abort();
  }

  private initialSettings(): SimulatorSettings {
    const { receptive, certificates, latency } = this.options;
    return { receptiveEnabled: receptive.enabled, certificates, latency };
  }

  private seed(): void {
    const { projects, users, receptive } = this.options;
    projects.forEach((project, at) => {
      const id = project.id ?? 101 + at;
      if (this.store.projects.has(id)) throw new Error(`Two projects of the simulator have the id ${id}.`);
      this.store.projects.set(id, {
        id,
        path: project.path,
        name: project.name ?? project.path.slice(project.path.lastIndexOf("/") + 1),
        description: project.description ?? null,
        visibility: project.visibility ?? "private",
        licensed: project.licensed ?? receptive.licensed,
        createdAt: this.now(),
        formerPaths: [],
      });
    });
    users.forEach((user, at) => {
      const id = user.id ?? 1 + at;
      if (this.store.users.has(id)) throw new Error(`Two users of the simulator have the id ${id}.`);
      this.store.users.set(id, {
        id,
        username: user.username,
        name: user.name ?? user.username,
        token: user.token,
        role: typeof user.role === "string" ? user.role : { ...user.role },
        admin: user.admin ?? false,
        state: user.state ?? "active",
        scopes: user.scopes ?? ["api"],
        expired: user.expired ?? false,
      });
    });
  }
}

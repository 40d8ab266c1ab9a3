import { openGitLab, type GitLab, type Operation } from "../../provider/gitlab";
import { startSimulator, type FaultRule, type Simulator, type SimulatorOptions } from "../../simulator";
import { settings, SkippingClock } from "../gitlab/client";

/** The loss that GitLab carries out only after we gave up: what it makes may as well be somebody else's. */
export const LATE = "carried out too late";

/** Kinds of faults that leave the answer to a POST lost; "late": carried out only after we gave up. */
export const LOSSES: Record<string, Omit<FaultRule, "path" | "method">> = {
  "refused, not carried out": { kind: "refuse" },
  "dropped, not carried out": { kind: "dropBefore" },
  "carried out, then dropped": { kind: "commitThenDrop" },
  "carried out, then 500": { kind: "commitThenStatus", status: 500 },
  "carried out, then 502": { kind: "commitThenStatus", status: 502 },
  "carried out, then 504": { kind: "commitThenStatus", status: 504 },
  "carried out, then 408": { kind: "commitThenStatus", status: 408 },
  "500, not carried out": { kind: "status", status: 500 },
  "503, not carried out": { kind: "status", status: 503 },
  "carried out, body cut": { kind: "cutBody" },
  "carried out, body unparsable": { kind: "unparsable" },
  "an HTML page, carried out": { kind: "html", commit: true },
  "an HTML page, not carried out": { kind: "html" },
  "carried out, answered too late": { kind: "delayAfter", delay: 60_000 },
  [LATE]: { kind: "delayBefore", delay: 400 },
};

/** All losses but that one. */
export const IN_TIME = Object.keys(LOSSES).filter((loss) => loss !== LATE);

/** Settings of a client that meets such a loss: what it has to give up, it gives up soon. The one real wait in these tests. */
export function patience(loss: string): Record<string, string> {
  return LOSSES[loss]?.delay === undefined ? {} : { requestTimeout: "0.15" };
}

/**
 * A simulator and clients on one clock that skips every wait. Its objects are never reset, so that no id comes twice: the
 * lifecycles keep ids in mind for as long as their process lives.
 */
export class Bench {
  readonly clock = new SkippingClock();
  /** Runs when a rule with `probability` is asked about a request: after it left, before it is carried out. */
  meanwhile: () => void = () => undefined;
  simulator!: Simulator;
  #names = 0;

  static #opened = 0;

  async open(options: SimulatorOptions = {}): Promise<void> {
    this.simulator = await startSimulator({
      clock: this.clock.now,
      sleep: (ms) => this.#sleep(ms),
      random: () => {
        const run = this.meanwhile;
        this.meanwhile = () => undefined;
        run();
        return 0;
      },
      ...options,
    });
    // Ids of its own: no other bench in this process has had them.
    const { state } = this.simulator;
    for (let past = 1000 * Bench.#opened++; past > 0; past--) {
      const { id } = state.createAgent(101, "past");
      state.createToken(id, "past");
      state.setUrlConfiguration(id, { url: "grpc://past.example.com:80" });
      state.deleteAgent(id);
    }
  }

  /** A client of its own. */
  client(values: Record<string, string> = {}, base = this.simulator.url): GitLab {
    const token = this.simulator.tokens["maintainer"] ?? "";
    return openGitLab(settings({ baseUrl: base, token, ...values }), this.clock);
  }

  begin(what: string, values: Record<string, string> = {}): Operation {
    return this.client(values).begin(what);
  }

  /** A name that no other test has. */
  name(): string {
    return `name-${++this.#names}`;
  }

  /** The requests so far, as `METHOD path`, without `/api/v4`. */
  asked(method?: string): string[] {
    return this.simulator.requests
      .filter((request) => (method ?? request.method) === request.method)
      .map((request) => `${request.method} ${request.path.replace("/api/v4", "")}`);
  }

  /** The id of the simulator's user whose credential the clients use. */
  get self(): number {
    return this.simulator.state.user("maintainer").id;
  }

  /** Between tests. */
  clear(): void {
    this.simulator.faults.clear();
    this.simulator.requests.length = 0;
    this.meanwhile = () => undefined;
    this.clock.warned.length = 0;
    this.clock.told.length = 0;
  }

  /** Waits of the simulator pass on the same clock: also by what clients skip. */
  async #sleep(ms: number): Promise<void> {
    const until = this.clock.now() + ms;
    while (this.clock.now() < until) await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** The message of what a promise fails with. */
export async function messageOf(promise: Promise<unknown>): Promise<string> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => (error as Error).message,
  );
  if (outcome === undefined) throw new Error("this should have failed");
  return outcome;
}

import { openGitLab, type GitLab, type Operation } from "../../provider/gitlab";
import { startSimulator, type FaultRule, type Simulator, type SimulatorOptions } from "../../simulator";
import { settings } from "../gitlab/client";
import { StandingClock } from "./standingClock";

/** A request that GitLab carries out only after we gave up: its object cannot be distinguished from somebody else's. */
export const LATE = "carried out too late";

/** Faults after which the response to a POST is lost. */
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

/** All losses except LATE. */
export const IN_TIME = Object.keys(LOSSES).filter((loss) => loss !== LATE);

/** The settings of a client that meets a loss: a short request timeout if the response is delayed. */
export function settingsFor(loss: string): Record<string, string> {
  return LOSSES[loss]?.delay === undefined ? {} : { requestTimeout: "0.15" };
}

/**
 * A simulator and clients on one clock on which no real time passes. Its objects are never reset, so that each id occurs once: the
 * lifecycles keep ids as long as the process runs.
 */
export class Bench {
  readonly clock = new StandingClock();
  /** Runs once when a rule with `probability` is matched: after the request was sent, before it is carried out. */
  meanwhile: () => void = () => undefined;
  simulator!: Simulator;
  #names = 0;

  static #opened = 0;

  async open(options: SimulatorOptions = {}): Promise<void> {
    this.simulator = await startSimulator({
      clock: this.clock.now,
      sleep: this.clock.delay,
      random: () => {
        const run = this.meanwhile;
        this.meanwhile = () => undefined;
        run();
        return 0;
      },
      ...options,
    });
    // Each bench starts at other ids, since the lifecycles keep the ids of all benches in this process. With a client's key, because
    // GitLab creates a key pair for a configuration without one, which takes longer than all the rest here.
    const { state } = this.simulator;
    for (let past = 1000 * Bench.#opened++; past > 0; past--) {
      const { id } = state.createAgent(101, "past");
      state.createToken(id, "past");
      state.setUrlConfiguration(id, { url: "grpcs://past.example.com", clientKey: "past" });
      state.deleteAgent(id);
    }
  }

  /** A new client, which shares no cache with others. */
  client(values: Record<string, string> = {}, base = this.simulator.url): GitLab {
    const token = this.simulator.tokens["maintainer"] ?? "";
    return openGitLab(settings({ baseUrl: base, token, ...values }), this.clock);
  }

  begin(what: string, values: Record<string, string> = {}): Operation {
    return this.client(values).begin(what);
  }

  /** A name that no other test uses. */
  name(): string {
    return `name-${++this.#names}`;
  }

  /** The requests so far, as `METHOD path`, without `/api/v4`. */
  requestLines(method?: string): string[] {
    return this.simulator.requests
      .filter((request) => (method ?? request.method) === request.method)
      .map((request) => `${request.method} ${request.path.replace("/api/v4", "")}`);
  }

  /** The id of the simulator's user whose credential the clients use. */
  get self(): number {
    return this.simulator.state.user("maintainer").id;
  }

  /** Resets faults, requests and shown lines between tests. */
  clear(): void {
    this.simulator.faults.clear();
    this.simulator.requests.length = 0;
    this.meanwhile = () => undefined;
    this.clock.warnings.length = 0;
    this.clock.infos.length = 0;
  }
}

/** The message of the error with which a promise is rejected. */
export async function messageOf(promise: Promise<unknown>): Promise<string> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => (error as Error).message,
  );
  if (outcome === undefined) throw new Error("this should have failed");
  return outcome;
}

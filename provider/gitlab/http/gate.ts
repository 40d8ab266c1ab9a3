import type { Runtime } from "../runtime";

/** Shorter waits are not shown, ms. */
export const SHORTEST_SHOWN_WAIT = 5_000;
/** The minimal time between two lines about one host in ms, however many requests wait. */
const BETWEEN_LINES = 30_000;

/**
 * One gate for each host in the process. While GitLab asks one request to wait, all others to that host wait too. The gate also
 * shows the lines about waits, so that many waiting requests cause one line.
 */
export class Gate {
  #closedUntil = 0;
  #status = 429;
  #quietUntil = 0;

  /** @param host host and port, for the lines about waits */
  constructor(readonly host: string) {}

  /** The status with which GitLab asked to wait. */
  get status(): number {
    return this.#status;
  }

  /** Local time in ms until which nothing is sent; in the past if the gate is open. */
  get closedUntil(): number {
    return this.#closedUntil;
  }

  /** Nothing is sent for `ms` from now. */
  close(ms: number, runtime: Runtime, status: number): void {
    this.#status = status;
    this.#closedUntil = Math.max(this.#closedUntil, runtime.now() + ms);
  }

  /** Shows why a request waits `ms` from now: one line for all requests that wait at the time, and the next one later. */
  showWait(why: string, ms: number, runtime: Runtime): void {
    const now = runtime.now();
    if (now < this.#quietUntil) return;
    this.#quietUntil = now + Math.max(ms, BETWEEN_LINES);
    runtime.info(`GitLab at ${this.host} ${why}`);
  }

  /**
   * Waits while the gate is closed.
   *
   * @returns false, without waiting, if it stays closed beyond `deadline` or the user has cancelled the update
   */
  async pass(deadline: number, runtime: Runtime): Promise<boolean> {
    for (let wait = this.#closedUntil - runtime.now(); wait > 0; wait = this.#closedUntil - runtime.now()) {
      if (this.#closedUntil > deadline || runtime.isCancelled()) return false;
      // The refused request may have no tries left and not show a line itself.
      if (wait >= SHORTEST_SHOWN_WAIT)
        this.showWait(
          `${this.#status === 429 ? "limits the request rate" : "does not answer"} (${this.#status}), continuing in ${Math.round(wait / 1000)} s`,
          wait,
          runtime,
        );
      await runtime.sleep(wait);
    }
    return true;
  }
}

const gates = new WeakMap<Runtime["now"], Map<string, Gate>>();

/** The gate of a host (scheme, host and port), shared by all clients of this process with the same clock. */
export function gateOf(origin: string, runtime: Runtime): Gate {
  let hosts = gates.get(runtime.now);
  if (hosts === undefined) gates.set(runtime.now, (hosts = new Map<string, Gate>()));
  let gate = hosts.get(origin);
  if (gate === undefined) hosts.set(origin, (gate = new Gate(new URL(origin).host)));
  return gate;
}

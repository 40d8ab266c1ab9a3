import type { Runtime } from "./runtime";

/** Shorter waits are nobody's news. */
const WORTH_TELLING = 10_000;

/**
 * One for each host in the process. While GitLab tells one request to wait, the others to that host wait as well instead of
 * hammering on.
 */
export class Gate {
  #closedUntil = 0;
  #toldUntil = 0;

  /** Local time, ms, until which nothing is sent; in the past where the gate is open. */
  get closedUntil(): number {
    return this.#closedUntil;
  }

  /** Nothing is sent for `ms` from now. */
  close(ms: number, runtime: Runtime): void {
    this.#closedUntil = Math.max(this.#closedUntil, runtime.now() + ms);
  }

  /** Shows why a request waits `ms` from now: long waits alone, and once for however many requests run into one. */
  tell(why: string, ms: number, runtime: Runtime): void {
    const now = runtime.now();
    if (ms < WORTH_TELLING || (now < this.#toldUntil && now + ms < this.#toldUntil + WORTH_TELLING)) return;
    this.#toldUntil = now + ms;
    runtime.tell(why);
  }

  /**
   * Waits while the gate is closed.
   *
   * @returns false, without waiting, where it stays closed beyond `deadline`
   */
  async pass(deadline: number, runtime: Runtime): Promise<boolean> {
    for (let wait = this.#closedUntil - runtime.now(); wait > 0; wait = this.#closedUntil - runtime.now()) {
      if (this.#closedUntil > deadline) return false;
      await runtime.sleep(wait);
    }
    return true;
  }
}

const gates = new WeakMap<Runtime["now"], Map<string, Gate>>();

/** The gate of a host (scheme, host and port), shared by all clients of this process that go by the same clock. */
export function gateOf(origin: string, runtime: Runtime): Gate {
  let hosts = gates.get(runtime.now);
  if (hosts === undefined) gates.set(runtime.now, (hosts = new Map<string, Gate>()));
  let gate = hosts.get(origin);
  if (gate === undefined) hosts.set(origin, (gate = new Gate()));
  return gate;
}

import { SkippingClock } from "../gitlab/client";

/** A delay of the simulator. It is attended while a client waits for the response. */
interface Delay {
  at: number;
  end: () => void;
  attended: boolean;
}

/** The limit of a request that is under way. */
interface Limit {
  at: number;
  act: () => void;
}

/**
 * A clock on which no real time passes: it is moved by sleeps, by the simulator's delays and by the limits of requests, so nothing
 * depends on how fast the machine is. While every request that is under way is delayed, the clock jumps to what comes next: the end
 * of a delay, or the limit of a request.
 */
export class StandingClock extends SkippingClock {
  readonly #delays = new Set<Delay>();
  readonly #limits = new Set<Limit>();
  #checking = false;

  constructor() {
    const start = Date.now();
    super(() => start);
  }

  /** The limit of a request: see `Runtime.after`. A sleep does not end it, since the response may be on its way. */
  after = (ms: number, act: () => void): (() => void) => {
    const limit = { at: this.now() + ms, act };
    this.#limits.add(limit);
    this.#check();
    return () => {
      this.#limits.delete(limit);
      this.#check();
    };
  };

  /** The simulator's sleep. */
  delay = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const delay: Delay = {
        at: this.now() + ms,
        end: () => {
          this.#delays.delete(delay);
          resolve();
        },
        attended: true,
      };
      this.#delays.add(delay);
      signal.addEventListener("abort", delay.end);
      this.#check();
    });

  protected override advance(ms: number): void {
    super.advance(ms);
    for (const delay of [...this.#delays].sort(byTime)) if (delay.at <= this.now()) delay.end();
  }

  /** Jumps, once whatever else can go on has had its turn. */
  #check(): void {
    if (this.#checking) return;
    this.#checking = true;
    setImmediate(() =>
      setImmediate(() => {
        this.#checking = false;
        this.#jump();
      }),
    );
  }

  #jump(): void {
    const attended = [...this.#delays].filter((delay) => delay.attended);
    if (this.#limits.size === 0 || attended.length !== this.#limits.size) return;
    const [next] = [...this.#limits, ...this.#delays].sort(byTime);
    if (next === undefined) return;
    super.advance(Math.max(0, next.at - this.now()));
    if ("end" in next) {
      next.end();
    } else {
      // Requests are sent, delayed and given up in the same order.
      const [oldest] = attended;
      if (oldest !== undefined) oldest.attended = false;
      next.act();
    }
    this.#check();
  }
}

const byTime = (one: { at: number }, other: { at: number }): number => one.at - other.at;

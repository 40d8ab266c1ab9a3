import { openGitLab, resolveSettings, type GitLab, type GitLabError, type Settings } from "../../provider/gitlab";
import type { Simulator } from "../../simulator";

/** A clock whose sleeps take no time: real time plus the sum of all sleeps. */
export class SkippingClock {
  /** The milliseconds of each sleep, in order. */
  readonly slept: number[] = [];
  readonly infos: string[] = [];
  readonly warnings: string[] = [];
  /** The value of `random`, 0.5 by default. */
  chance = 0.5;
  #skipped = 0;
  #due: { after: number; act: () => void } | undefined;

  /** @param real the time that passes without a sleep, ms; default the machine's */
  constructor(private readonly real: () => number = Date.now) {}

  now = (): number => this.real() + this.#skipped;
  sleep = async (ms: number): Promise<void> => {
    const until = this.now() + ms;
    this.slept.push(ms);
    // Other pending work runs first, as in a real sleep.
    await new Promise((resolve) => setImmediate(resolve));
    this.#skip(Math.max(0, until - this.now()));
  };
  /** Calls `act` once so many ms were slept, in the middle of that sleep: on a slow machine too, never before a sleep. */
  later(ms: number, act: () => void): void {
    this.#due = { after: ms, act };
  }
  random = (): number => this.chance;
  info = (line: string): void => void this.infos.push(line);
  warn = (line: string): void => void this.warnings.push(line);

  protected advance(ms: number): void {
    this.#skipped += ms;
  }

  #skip(ms: number): void {
    const due = this.#due;
    if (due === undefined || due.after > ms) {
      if (due !== undefined) due.after -= ms;
      this.advance(ms);
      return;
    }
    this.#due = undefined;
    this.advance(due.after);
    due.act();
    this.#skip(ms - due.after);
  }
}

/** Settings as read from a stack's configuration. */
export function settings(values: Record<string, string>, env: NodeJS.ProcessEnv = {}): Settings {
  return resolveSettings({
    lookup: (name) => values[name],
    describe: (name) => `\`gitlab:${name}\` in the stack's configuration`,
    env,
  });
}

/** A new client of a simulator, with the maintainer's token unless `values` has another. */
export function clientOf(
  simulator: Pick<Simulator, "url" | "tokens">,
  clock: SkippingClock = new SkippingClock(),
  values: Record<string, string> = {},
): GitLab {
  const token = simulator.tokens.maintainer ?? "";
  return openGitLab(settings({ baseUrl: simulator.url, token, ...values }), clock);
}

/** The error with which a promise is rejected; fails if it is fulfilled. */
export async function failure(promise: Promise<unknown>): Promise<GitLabError> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error as GitLabError,
  );
  if (outcome === undefined) throw new Error("this should have failed");
  return outcome;
}

/** The simulator's requests, as `METHOD path?query`, without `/api/v4`. */
export function requestLines(simulator: Simulator): string[] {
  return simulator.requests.map(
    ({ method, path, query }) => `${method} ${path.replace(/^.*\/api\/v4/, "")}${query === "" ? "" : `?${query}`}`,
  );
}

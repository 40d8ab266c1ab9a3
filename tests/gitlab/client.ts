import { openGitLab, resolveSettings, type GitLab, type GitLabError, type Settings } from "../../provider/gitlab";
import type { Simulator } from "../../simulator";

/** A clock on which sleeping takes no time: real time, and whatever was slept on top. */
export class SkippingClock {
  /** Milliseconds of every sleep, in order. */
  readonly slept: number[] = [];
  readonly told: string[] = [];
  readonly warned: string[] = [];
  /** What the next throws of the dice show; 0.5 by default. */
  chance = 0.5;
  #skipped = 0;
  #due: { at: number; act: (late: number) => void } | undefined;

  now = (): number => {
    const now = Date.now() + this.#skipped;
    const due = this.#due;
    if (due !== undefined && now >= due.at) {
      this.#due = undefined;
      due.act(now - due.at);
    }
    return now;
  };
  sleep = async (ms: number): Promise<void> => {
    const until = this.now() + ms;
    this.slept.push(ms);
    // Whoever else is ready to run comes first, as in a real sleep.
    await new Promise((resolve) => setImmediate(resolve));
    this.#skipped += Math.max(0, until - this.now());
  };
  /** Does something in so many ms: as soon as anybody looks at this clock from then on, and so many ms `late`. */
  later(ms: number, act: (late: number) => void): void {
    this.#due = { at: this.now() + ms, act };
  }
  random = (): number => this.chance;
  info = (line: string): void => void this.told.push(line);
  warn = (line: string): void => void this.warned.push(line);
}

/** Settings as a stack's configuration would give them. */
export function settings(values: Record<string, string>, env: NodeJS.ProcessEnv = {}): Settings {
  return resolveSettings({
    lookup: (name) => values[name],
    describe: (name) => `\`gitlab:${name}\` in the stack's configuration`,
    env,
  });
}

/** A client of its own for a simulator, as its maintainer unless `values` says otherwise. */
export function clientOf(
  simulator: Pick<Simulator, "url" | "tokens">,
  clock: SkippingClock = new SkippingClock(),
  values: Record<string, string> = {},
): GitLab {
  const token = simulator.tokens.maintainer ?? "";
  return openGitLab(settings({ baseUrl: simulator.url, token, ...values }), clock);
}

/** The error that a promise ends with; fails where it ends well. */
export async function failure(promise: Promise<unknown>): Promise<GitLabError> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error as GitLabError,
  );
  if (outcome === undefined) throw new Error("this should have failed");
  return outcome;
}

/** What the simulator was asked for, as `METHOD path?query`, without `/api/v4`. */
export function asked(simulator: Simulator): string[] {
  return simulator.requests.map(
    ({ method, path, query }) => `${method} ${path.replace(/^.*\/api\/v4/, "")}${query === "" ? "" : `?${query}`}`,
  );
}

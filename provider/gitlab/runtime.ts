import { withCode } from "./errorCodes";

/** Where lines for the user go. */
export interface UserOutput {
  /** Shows one line to the user. */
  readonly info: (line: string) => void;
  /** Shows one line that the user should act upon. */
  readonly warn: (line: string) => void;
}

/**
 * What the client needs from its process: time, randomness and output. Injected, so that tests neither
 * sleep nor depend on chance.
 */
export interface Runtime extends UserOutput {
  /**
   * Local time in milliseconds since the epoch: the machine's clock at the start of the process, continued by a monotonic clock. It
   * does not jump when the machine's clock is changed, so limits, waits and the times of our requests use it.
   */
  readonly now: () => number;
  /** The machine's current date and time in milliseconds since the epoch, for dates that GitLab names. */
  readonly wallClock: () => number;
  /** Waits for a number of milliseconds, or until {@link cancelWaits}. */
  readonly sleep: (ms: number) => Promise<void>;
  /** Calls a function in a number of milliseconds, the limit of a request, unless the returned function is called before. */
  readonly after: (ms: number, act: () => void) => () => void;
  /** Whether the user has cancelled the update: no wait is begun any more. */
  readonly isCancelled: () => boolean;
  /** A number from 0 (included) to 1 (excluded): the jitter of waits. */
  readonly random: () => number;
  /** Called right before each POST. Ends the process if its engine is gone, which could not record the created object. */
  readonly assertWanted: () => Promise<void>;
}

let wanted: () => Promise<void> = () => Promise.resolve();

/** Sets the check before each POST: a process that works for an engine ends when the engine is gone. */
export function checkBeforePosts(check: () => Promise<void>): void {
  wanted = check;
}

/** The engine shows what a dynamic provider's process prints to standard output. */
let output: UserOutput = {
  info: (line) => void process.stdout.write(`${line}\n`),
  warn: (line) => void process.stdout.write(`warning: ${line}\n`),
};

/** Sends the lines for the user to another place than standard output, which the engine does not show for a native plugin. */
export function redirectOutput(to: UserOutput): void {
  output = to;
}

let cancelled = false;
const sleepers = new Set<() => void>();

/** Ends every wait of this process, and lets none begin: the user has cancelled the update, and the engine waits for us. */
export function cancelWaits(): void {
  cancelled = true;
  for (const wake of [...sleepers]) wake();
}

/** Lets waits begin again. Only for tests that play several runs in one process. */
export function forgetCancellation(): void {
  cancelled = false;
}

function sleep(ms: number): Promise<void> {
  if (cancelled) return Promise.resolve();
  return new Promise((resolve) => {
    const wake = (): void => {
      clearTimeout(timer);
      sleepers.delete(wake);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    sleepers.add(wake);
  });
}

/** The real clocks, `Math.random` and the process's output. */
export const PROCESS_RUNTIME: Runtime = {
  now: () => Math.round(performance.timeOrigin + performance.now()),
  wallClock: () => Date.now(),
  sleep,
  after: (ms, act) => {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  },
  isCancelled: () => cancelled,
  random: () => Math.random(),
  info: (line) => output.info(withCode(line)),
  warn: (line) => output.warn(withCode(line)),
  assertWanted: () => wanted(),
};

/** The process's runtime with some parts replaced; a single given clock is used as both. */
export function runtimeWith(given: Partial<Runtime>): Runtime {
  return { ...PROCESS_RUNTIME, ...(given.now === undefined ? {} : { wallClock: given.now }), ...given };
}

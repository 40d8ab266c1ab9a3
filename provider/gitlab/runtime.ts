import { withCode } from "./errorCodes";

/** Where lines for the user go. */
export interface Voice {
  /** Shows one line to the user. */
  readonly info: (line: string) => void;
  /** Shows one line that the user should act upon. */
  readonly warn: (line: string) => void;
}

/**
 * What the client takes from the process around it: time, chance and a place to speak. Injected, so that tests neither
 * sleep nor throw dice.
 */
export interface Runtime extends Voice {
  /**
   * Local time, in milliseconds since the epoch: the machine's clock when the process began, carried on by a monotonic clock. It
   * never jumps where the machine's clock is set, so limits, waits and the times of our requests go by it.
   */
  readonly now: () => number;
  /** The machine's date and time as they are set now, in milliseconds since the epoch: for dates that GitLab names. */
  readonly wallClock: () => number;
  /** Waits so many milliseconds, or until {@link cancelWaits}. */
  readonly sleep: (ms: number) => Promise<void>;
  /** Whether the user has cancelled the update: no wait is begun any more. */
  readonly isCancelled: () => boolean;
  /** A number from 0 (included) to 1 (excluded): the jitter of waits. */
  readonly random: () => number;
  /** Asked right before each POST. Does not return where nobody is left who would record what it makes. */
  readonly assertWanted: () => Promise<void>;
}

let wanted: () => Promise<void> = () => Promise.resolve();

/** Sets what this process asks before each POST: one that works for another process ends where that one is gone. */
export function askBeforePosts(ask: () => Promise<void>): void {
  wanted = ask;
}

/** Of a dynamic provider's process the engine shows what is printed to standard output. */
let voice: Voice = {
  info: (line) => void process.stdout.write(`${line}\n`),
  warn: (line) => void process.stdout.write(`warning: ${line}\n`),
};

/** From now on the lines of this process go there: the engine shows no output of a native plugin. */
export function speakThrough(given: Voice): void {
  voice = given;
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

/** The real clocks, `Math.random` and the process's voice. */
export const PROCESS_RUNTIME: Runtime = {
  now: () => Math.round(performance.timeOrigin + performance.now()),
  wallClock: () => Date.now(),
  sleep,
  isCancelled: () => cancelled,
  random: () => Math.random(),
  info: (line) => voice.info(withCode(line)),
  warn: (line) => voice.warn(withCode(line)),
  assertWanted: () => wanted(),
};

/** The process's runtime with some of it replaced; one clock that is given serves as both. */
export function runtimeWith(given: Partial<Runtime>): Runtime {
  return { ...PROCESS_RUNTIME, ...(given.now === undefined ? {} : { wallClock: given.now }), ...given };
}

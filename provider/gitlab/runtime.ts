/**
 * What the client takes from the process around it: time, chance and a place to speak. Injected, so that tests neither
 * sleep nor throw dice.
 */
export interface Runtime {
  /** Local time, in milliseconds since the epoch. */
  readonly now: () => number;
  /** Waits so many milliseconds. */
  readonly sleep: (ms: number) => Promise<void>;
  /** A number from 0 (included) to 1 (excluded): the jitter of waits. */
  readonly random: () => number;
  /** Shows one line to the user. In the provider process standard output becomes the stack's diagnostics. */
  readonly tell: (line: string) => void;
  /** Shows one line that the user should act upon. */
  readonly warn: (line: string) => void;
}

/** The real clock, `Math.random` and the process's output. */
export const PROCESS_RUNTIME: Runtime = {
  now: () => Date.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  random: () => Math.random(),
  tell: (line) => void process.stdout.write(`${line}\n`),
  warn: (line) => void process.stdout.write(`warning: ${line}\n`),
};

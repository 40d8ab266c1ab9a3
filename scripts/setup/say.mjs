/** Set-up prints to standard error only: standard output is for the command's result (`make -s env`). */
export function say(text) {
  process.stderr.write(`setup: ${text}\n`);
}

/** When the first step with a printed line started; undefined before that. */
let first;

/** Prints how long all steps took together, if there were any. */
export function sayWhole() {
  if (first !== undefined) say(`set-up took ${secondsSince(first)} in all`);
}

const secondsSince = (since) => `${Math.round((Date.now() - since) / 1000)} s`;

/**
 * Shows that a step is running: `begin` prints `what` once, then every ten seconds the time so far and `progress()`, until `end`,
 * which prints the total time.
 */
export function alive(what, progress = () => "") {
  let timer;
  let since;
  const short = what.split(/[;(]/)[0].trim();
  return {
    begin() {
      if (timer) return;
      since = Date.now();
      first ??= since;
      say(what);
      timer = setInterval(() => {
        const more = progress();
        say(`… ${short}: ${secondsSince(since)}${more ? `, ${more}` : ""}`);
      }, 10_000);
      timer.unref();
    },
    end() {
      if (timer) say(`${short}: took ${secondsSince(since)}`);
      clearInterval(timer);
      timer = undefined;
    },
  };
}

/** An error that is printed without a stack. */
export class SetupError extends Error {}

/** Runs a script's main function: a SetupError is one message and exit code 1. */
export async function main(act) {
  try {
    process.exitCode = (await act()) ?? 0;
  } catch (error) {
    say(error instanceof SetupError ? error.message : error.stack);
    process.exitCode = 1;
  }
}

/** Set-up prints to standard error only: standard output is for the command's result (`make -s env`). */
export function say(text) {
  process.stderr.write(`setup: ${text}\n`);
}

/** Start of the first step that printed a line; undefined before it. */
let first;

/** Prints how long all steps took together, if there were any. */
export function sayWhole() {
  if (first !== undefined) say(`set-up took ${secondsSince(first)} in all`);
}

const secondsSince = (since) => `${Math.round((Date.now() - since) / 1000)} s`;

/**
 * Says that something is under way: `begin` says `what` once, then every ten seconds how long it has been and what
 * `progress()` says, until `end`, which says how long it took.
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

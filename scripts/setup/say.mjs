/** Set-up speaks on standard error alone: standard output belongs to what it was run for (`make -s env`). */
export function say(text) {
  process.stderr.write(`setup: ${text}\n`);
}

/**
 * Tells that something is under way and still alive: `begin` says `what` once, then every ten seconds how long it has
 * been and what `progress()` tells, until `end`.
 */
export function alive(what, progress = () => "") {
  let timer;
  let since;
  return {
    begin() {
      if (timer) return;
      since = Date.now();
      say(what);
      timer = setInterval(() => {
        const more = progress();
        say(
          `… ${what.split(/[;(]/)[0].trim()}: ${Math.round((Date.now() - since) / 1000)} s${more ? `, ${more}` : ""}`,
        );
      }, 10_000);
      timer.unref();
    },
    end() {
      clearInterval(timer);
      timer = undefined;
    },
  };
}

/** A failure that is told in its own words, without a stack. */
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

import { connect } from "node:net";

/** The address of the engine that started this process. */
export interface EngineAddress {
  host: string;
  port: number;
}

/** The time between checks whether the engine still runs, ms. */
const LOOK_EVERY = 1000;

/** An engine that does not respond within this time, ms, is busy, not gone. */
const PATIENCE = 2000;

/** The engine's address, which each of its plugins gets as an argument; undefined in other processes. */
export function engineAddress(args: readonly string[] = process.argv.slice(2)): EngineAddress | undefined {
  const [, host, port] = /^(127\.0\.0\.1|localhost|\[::1\]):(\d+)$/.exec(args.at(-1) ?? "") ?? [];
  return host === undefined ? undefined : { host: host.replace(/[[\]]/g, ""), port: Number(port) };
}

/**
 * Whether no process listens at the engine's address any more. The parent process does not show this: it is a shell, which
 * survives a killed engine.
 */
export async function isGone({ host, port }: EngineAddress): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const settle = (gone: boolean) => {
      socket.destroy();
      resolve(gone);
    };
    socket.setTimeout(PATIENCE, () => settle(false));
    socket.once("connect", () => settle(false));
    // Any other error is a problem of this process, such as too many open files.
    socket.once("error", (error: NodeJS.ErrnoException) => settle(error.code === "ECONNREFUSED"));
  });
}

let watched: EngineAddress | undefined;

/**
 * Ends this process if its engine is gone, which could not record what it creates. Called before each POST, and by
 * {@link watchEngine} while it waits.
 */
export async function endWithoutEngine(end: () => void = () => process.exit(1)): Promise<void> {
  // Checks twice, so that one refusal of a busy machine does not end the process.
  if (watched !== undefined && (await isGone(watched)) && (await isGone(watched))) end();
}

/**
 * Makes this process end soon after its engine, also while it waits for GitLab.
 *
 * @returns ends the watch: a process that outlives its engine on purpose, as that of a test does
 */
export function watchEngine(address: EngineAddress | undefined = engineAddress()): () => void {
  if (address === undefined || watched !== undefined) return () => undefined;
  watched = address;
  // The pipes to a killed engine are broken. The host would write that error to the same pipe, again and again.
  const pipes = [process.stdout, process.stderr];
  const exit = (): void => process.exit(1);
  for (const pipe of pipes) pipe.on("error", exit);
  const timer = setInterval(() => void endWithoutEngine(), LOOK_EVERY).unref();
  return () => {
    clearInterval(timer);
    for (const pipe of pipes) pipe.off("error", exit);
    watched = undefined;
  };
}

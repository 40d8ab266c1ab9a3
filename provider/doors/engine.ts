import { connect } from "node:net";

/** Where the engine that started this process listens. */
export interface EngineAddress {
  host: string;
  port: number;
}

/** How often this process looks whether its engine is there, ms. */
const LOOK_EVERY = 1000;

/** An engine that does not answer in so many ms is busy, which is not gone. */
const PATIENCE = 2000;

/** The engine's address, which it gives to each of its plugins as an argument; undefined in a process that is none of them. */
export function engineAddress(args: readonly string[] = process.argv.slice(2)): EngineAddress | undefined {
  const [, host, port] = /^(127\.0\.0\.1|localhost|\[::1\]):(\d+)$/.exec(args.at(-1) ?? "") ?? [];
  return host === undefined ? undefined : { host: host.replace(/[[\]]/g, ""), port: Number(port) };
}

/**
 * Whether nobody listens at the engine's address any more. The parent process does not tell: it is a shell, which outlives an
 * engine that was killed.
 */
export async function isGone({ host, port }: EngineAddress): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const tell = (gone: boolean) => {
      socket.destroy();
      resolve(gone);
    };
    socket.setTimeout(PATIENCE, () => tell(false));
    socket.once("connect", () => tell(false));
    // Any other error is a trouble of this process, such as too many open files.
    socket.once("error", (error: NodeJS.ErrnoException) => tell(error.code === "ECONNREFUSED"));
  });
}

let watched: EngineAddress | undefined;

/**
 * Ends this process where its engine is gone: nobody would record what it creates. Asked before each POST, and by
 * {@link watchEngine} while it waits.
 */
export async function endWithoutEngine(end: () => void = () => process.exit(1)): Promise<void> {
  // Twice, so that one refusal of a busy machine is not taken for the end.
  if (watched !== undefined && (await isGone(watched)) && (await isGone(watched))) end();
}

/** From now on this process ends soon after its engine, also while it waits for GitLab. */
export function watchEngine(address: EngineAddress | undefined = engineAddress()): void {
  if (address === undefined || watched !== undefined) return;
  watched = address;
  // Pipes to an engine that is gone are broken. The host would write that error to the same pipe, and do nothing else any more.
  for (const pipe of [process.stdout, process.stderr]) pipe.on("error", () => process.exit(1));
  setInterval(() => void endWithoutEngine(), LOOK_EVERY).unref();
}

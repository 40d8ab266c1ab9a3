import { endpointsOf, type Endpoints, type SharedReads } from "./api";
import { ConflictError, OperationTimeoutError } from "./errors";
import { adviceOn } from "./settings/advice";
import { gateOf } from "./http/gate";
import type { Scope } from "./api/scope";
import type { Settings } from "./settings/settings";
import type { ServerClock } from "./http/serverClock";
import type { Transport } from "./http/transport";
import type { Redaction } from "./redaction";
import type { Runtime } from "./runtime";

/**
 * One operation of the user, such as the creation of an agent. All its requests, waits and repairs share one limit
 * (`gitlab:operationTimeout`) and one text for errors.
 */
export interface Operation extends Endpoints {
  /** Completes "Could not …" in errors. */
  readonly what: string;
  /** The settings of its client. */
  readonly settings: Settings;
  /** Local time, ms. */
  now(): number;
  /** Milliseconds to the operation's limit; 0 once it has passed. */
  remaining(): number;
  /** The error of an operation that sends nothing, since an existing object prevents it. `advice` is the next step. */
  conflict(words: string, advice: string): ConflictError;
  /** Waits. @throws OperationTimeoutError, at once, if it would exceed the limit, and ConflictError once the user cancels */
  sleep(ms: number): Promise<void>;
  /** Shows one line, free of secrets. */
  info(line: string): void;
  /** Shows one line, free of secrets, that the user should act upon. */
  warn(line: string): void;
  /** Shows why a request waits `ms` from now, after "GitLab at <host> ": one line for all waiting requests to the host. */
  infoOfWait(why: string, ms: number): void;
  /** GitLab's own time at our time `localMs`, as bounds in ms; undefined before its first response with a `Date`. */
  serverTime(localMs: number): { earliest: number; latest: number } | undefined;
}

/** What the operations of one configuration share: see {@link Client}. */
export interface Shared extends SharedReads {
  readonly settings: Settings;
  readonly runtime: Runtime;
  readonly clock: ServerClock;
  readonly redaction: Redaction;
  /** The HTTP library is loaded at the first request, so that previews that send nothing never load it. */
  transport(what: string): Promise<Transport>;
}

/**
 * Starts an operation: its limit, in seconds, counts from now.
 *
 * @param settings those of the client, but for the limit of the resource option `customTimeouts`
 */
export function startOperation(client: Shared, what: string, limit?: number, settings = client.settings): Operation {
  const { runtime, clock } = client;
  const deadline = runtime.now() + (limit ?? settings.operationTimeout) * 1000;
  const remaining = (): number => Math.max(0, deadline - runtime.now());
  const timeout = (words: string): OperationTimeoutError =>
    new OperationTimeoutError({ what, words, advice: adviceOn("time", settings) }, (text) =>
      client.redaction.apply(text),
    );
  const conflict = (words: string, advice: string): ConflictError =>
    new ConflictError({ what, words, advice }, (text) => client.redaction.apply(text));
  const scope: Scope = {
    what,
    redaction: client.redaction,
    send: async (request) => (await client.transport(what)).send(what, request, deadline, settings),
    sharedSend: (other) => {
      const otherDeadline = runtime.now() + settings.operationTimeout * 1000;
      return async (request) => (await client.transport(other)).send(other, request, otherDeadline, settings);
    },
    within: async (result) => {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(timeout("the operation's limit passed before a response")), remaining());
      });
      try {
        return await Promise.race([result, late]);
      } finally {
        clearTimeout(timer);
      }
    },
    write: async (forget, run) => {
      forget();
      try {
        return await run();
      } finally {
        forget();
      }
    },
  };
  return {
    what,
    settings,
    now: () => runtime.now(),
    remaining,
    conflict,
    sleep: async (ms) => {
      if (ms >= remaining()) throw timeout("the operation's limit would pass during the next wait");
      if (!runtime.isCancelled()) await runtime.sleep(ms);
      if (runtime.isCancelled()) throw conflict("the update was cancelled", "Run `pulumi up` again to go on");
    },
    info: (line) => runtime.info(client.redaction.apply(line)),
    warn: (line) => runtime.warn(client.redaction.apply(line)),
    infoOfWait: (why, ms) =>
      gateOf(new URL(settings.baseUrl).origin, runtime).showWait(client.redaction.apply(why), ms, runtime),
    serverTime: (localMs) => clock.at(localMs),
    ...endpointsOf(scope, client),
  };
}

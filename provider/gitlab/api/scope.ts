import type { Send } from "./pagination";
import type { Redaction } from "../redaction";

/** What the endpoints need from their operation. */
export interface Scope {
  /** Completes "Could not …". */
  readonly what: string;
  readonly redaction: Redaction;
  /** Sends within the operation's limit. */
  readonly send: Send;
  /** Sends a request shared by several operations, with its own limit and text for errors. */
  sharedSend(what: string): Send;
  /** The promise's result, or the operation's timeout. */
  readonly within: <T>(result: Promise<T>) => Promise<T>;
  /** Runs a write; `forget` drops shared reads before it (so that nobody joins a read of what is about to change) and after it. */
  write<T>(forget: () => void, run: () => Promise<T>): Promise<T>;
}

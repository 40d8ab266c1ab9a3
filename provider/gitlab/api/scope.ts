import type { Send } from "./pagination";
import type { Redaction } from "../redaction";

/** What the endpoints take of the operation that they belong to. */
export interface Scope {
  /** Completes "Could not …". */
  readonly what: string;
  readonly redaction: Redaction;
  /** Sends within the operation's limit. */
  readonly send: Send;
  /** Sends on behalf of several operations, with a limit and words of its own. */
  apart(what: string): Send;
  /** The promise's result, or the operation's timeout. */
  readonly within: <T>(result: Promise<T>) => Promise<T>;
  /** Runs a write; `forget` drops what was gathered, before (nobody joins what is about to change) and after. */
  write<T>(forget: () => void, run: () => Promise<T>): Promise<T>;
}

import type { Kind, Program } from "./program";

/** One object in the state. */
export interface Held {
  /** The resource's name. */
  name: string;
  kind: Kind;
  /** The id in Pulumi's state. */
  id: string;
  /** The object: `agent:3`, `token:7`, `config:2`. */
  key: string;
  agentId: number;
  /** Whether it is still to be deleted. */
  pending: boolean;
  /** Whether it was deleted before its replacement is created. */
  replacing: boolean;
  /** The token's secret, if the state shows it. */
  secret?: string;
}

/** What one operation of an engine did. */
export interface Outcome {
  ok: boolean;
  /** The whole output that a user saw. */
  text: string;
  /** Values in the state or the output that are not marked as secret. */
  clear: string;
  /** The errors, by the resource's name. */
  errors: { name: string; text: string }[];
  /** Resources that were, or would be, created, replaced, updated or deleted. */
  changed: string[];
  /** Whether the process was killed. */
  killed: boolean;
}

/** How an update runs. */
export interface UpOptions {
  /** Refresh first, in the same process. */
  refresh?: boolean;
  /** Resources to replace without a change (`--replace`). */
  replace?: readonly string[];
  /** Kills the process when the n-th write (1, 2, …) has been carried out and before its result is recorded. */
  killAt?: number;
}

/** An engine with one stack: Pulumi's own, or the stand-in. */
export interface Engine {
  up(program: Program, options?: UpOptions): Promise<Outcome>;
  preview(program: Program): Promise<Outcome>;
  refresh(): Promise<Outcome>;
  destroy(): Promise<Outcome>;
  held(): Promise<Held[]>;
}

/** The key of an object. */
export function keyOf(kind: Kind, id: number): string {
  return `${kind}:${id}`;
}

/** The object that an id in Pulumi's state names. */
export function objectOf(kind: Kind, id: string): { key: string; agentId: number } {
  const numbers = id.split(":").slice(1).map(Number);
  return { key: keyOf(kind, numbers.at(-1) ?? 0), agentId: numbers[0] ?? 0 };
}

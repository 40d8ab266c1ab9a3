/** Inputs or outputs as plain objects of the engine. */
export type Properties = Record<string, unknown>;

/**
 * Types the engine's plain objects as inputs or a state of their kind: the only boundary between the two. Inputs have that type
 * after check has accepted them, and states because this package wrote them. Any value may be an unknown.
 */
export function typed<T extends object>(properties: Properties): T {
  return properties as T;
}

/**
 * Converts a value to plain JSON without undefined for the engine. Anything else ("Unexpected struct type") would fail the
 * call after the object was created, and the state would not contain the object.
 */
export function toPlainJson(properties: object): Properties {
  return JSON.parse(JSON.stringify(properties)) as Properties;
}

/** The engine's marker for a value that is not known yet, at any depth and for any declared type. */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Whether a value, or any part of it, is not known yet. */
export function isUnknown(value: unknown): boolean {
  if (value === UNKNOWN) return true;
  return typeof value === "object" && value !== null && Object.values(value).some(isUnknown);
}

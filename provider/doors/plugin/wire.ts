import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { Properties } from "../../inputs/properties";

/** How the engine's protocol marks a value: the name of the mark, and the mark of a secret. */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
/** The mark of an output value: its value, its dependencies, and whether it is secret. */
const OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
/** The marker for a value that is not known yet. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Whether the engine accepts marks of secrets; it says so when it configures the plugin. */
let marks = true;

/** Sends marks of secrets from now on, or omits them for an engine that does not support them. */
export function markSecrets(accepted: boolean): void {
  marks = accepted;
}

/** Properties as received, with marks of secrets. */
export function received(struct: Struct | undefined): Properties {
  return struct === undefined ? {} : struct.toJavaScript();
}

/** Properties without the marks of secrets and outputs, at any depth, for the lifecycles. */
export function plain(struct: Struct | undefined): Properties {
  return unmarked(received(struct)) as Properties;
}

/** A value without marks; an output that is not known yet becomes the engine's unknown. */
function unmarked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unmarked);
  if (typeof value !== "object" || value === null) return value;
  const entries = value as Record<string, unknown>;
  if (entries[SIGNATURE] === SECRET) return unmarked(entries["value"]);
  if (entries[SIGNATURE] === OUTPUT) return "value" in entries ? unmarked(entries["value"]) : UNKNOWN;
  return Object.fromEntries(Object.entries(entries).map(([name, inner]) => [name, unmarked(inner)]));
}

/** Whether a value contains a mark of a secret, at any depth. */
function holdsSecret(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const entries = value as Record<string, unknown>;
  if (entries[SIGNATURE] === SECRET || (entries[SIGNATURE] === OUTPUT && entries["secret"] === true)) return true;
  return Object.values(entries).some(holdsSecret);
}

/**
 * Properties for the engine. Marked as secret are those that are always secret, and those whose input of the same name was
 * secret in any part.
 *
 * @param always names that are always secret
 * @param inputs the received properties, with their marks
 */
export function sent(properties: object, always: readonly string[] = [], inputs: Properties = {}): Struct {
  // Plain JSON, without undefined at any depth: Struct refuses anything else.
  const values = JSON.parse(JSON.stringify(properties)) as Properties;
  const marked = Object.entries(values).map(([name, value]) => {
    const known = unmarked(value);
    const secret = holdsSecret(value) || holdsSecret(inputs[name]) || (always.includes(name) && known !== null);
    return [name, secret && marks ? { [SIGNATURE]: SECRET, value: known } : known] as const;
  });
  return Struct.fromJavaScript(Object.fromEntries(marked) as Record<string, never>);
}

/** Inputs, and outputs, as they cross the engine's wire. */
export type Properties = Record<string, unknown>;

/**
 * What the engine handed over, in the type of the kind that it belongs to: the one boundary between the engine's plain objects and
 * ours. Inputs are of that type once check has accepted them, states since we wrote them ourselves; what is not known yet may
 * stand in the place of any value.
 */
export function typed<T extends object>(properties: Properties): T {
  return properties as T;
}

/**
 * What may be handed to the engine: plain JSON without undefined. Anything else ("Unexpected struct type") would fail the
 * call after the object was created, and leave an orphan.
 */
export function toPlainJson(properties: object): Properties {
  return JSON.parse(JSON.stringify(properties)) as Properties;
}

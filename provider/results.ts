import type { dynamic } from "@pulumi/pulumi";

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

/**
 * An object that exists, but of which something went wrong afterwards in our own code. The engine reads these members by
 * name: it records the object, shows the reasons, and calls update the next time.
 */
export class InitFailure extends Error {
  override readonly name = "InitFailure";
  readonly reasons: string[];

  constructor(
    readonly id: string,
    readonly properties: Properties,
    reason: string,
  ) {
    super(reason);
    this.reasons = [reason];
  }
}

/**
 * The result of a creation. From the moment GitLab has created the object nothing may lose it: an error while its outputs are
 * put together records the object with `known`, which needs no computing.
 */
export async function createResult(
  id: string,
  known: object,
  outputs: () => object | Promise<object>,
): Promise<dynamic.CreateResult> {
  try {
    return { id, outs: toPlainJson(await outputs()) };
  } catch (error) {
    const reason = `The object exists in GitLab as ${id}, but its response could not be read: ${messageOf(error)}. It is recorded; run \`pulumi up\` again to complete it.`;
    throw new InitFailure(id, toPlainJson(known), reason);
  }
}

/** The text of whatever was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

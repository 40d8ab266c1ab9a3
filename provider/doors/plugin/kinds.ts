import type { Lifecycle } from "../../lifecycle";
import { LIFECYCLES } from "../..";
import schema from "./schema.json";

/** One kind of resource of the plugin. Its lifecycle is the one of the dynamic door. */
export interface Kind {
  lifecycle: Lifecycle;
  inputs: readonly string[];
  /** Outputs that are not inputs: unknown in a preview that creates the object. */
  outputs: readonly string[];
  /** Properties that are always secret. */
  secrets: readonly string[];
}

/** The parts of a resource's schema that are read here. */
interface Described {
  properties: Record<string, { secret?: boolean }>;
  inputProperties: Record<string, object>;
}

const PREFIX = "gitlab-agent:index:";

function kind([name, lifecycle]: [string, Lifecycle]): [string, Kind] {
  const type = `${PREFIX}${name}`;
  const { properties, inputProperties } = (schema.resources as Record<string, Described>)[type]!;
  const inputs = Object.keys(inputProperties);
  return [
    type,
    {
      lifecycle,
      inputs,
      outputs: Object.keys(properties).filter((property) => !inputs.includes(property)),
      secrets: Object.keys(properties).filter((property) => properties[property]?.secret),
    },
  ];
}

/** The resources by their type tokens, which are in every state file and never change. */
export const KINDS: Readonly<Record<string, Kind>> = Object.fromEntries(Object.entries(LIFECYCLES).map(kind));

/** The type token in a URN: the last of its chain of types. */
export function typeIn(urn: string): string {
  return urn.split("::")[2]?.split("$").at(-1) ?? "";
}

/** The kind of a URN's resource. */
export function kindIn(urn: string): Kind {
  const kind = KINDS[typeIn(urn)];
  if (kind !== undefined) return kind;
  throw new Error(
    `The plugin gitlab-agent has no resource ${typeIn(urn)}. Its resources are ${Object.keys(KINDS).join(", ")}.`,
  );
}

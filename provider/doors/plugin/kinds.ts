import type { dynamic } from "@pulumi/pulumi";
import { agentConnection } from "../../agentConnection";
import { agentToken } from "../../agentToken";
import { clusterAgent } from "../../clusterAgent";
import type { Properties } from "../../lifecycle";
import { receptiveUrlConfig } from "../../receptiveUrlConfig";
import schema from "./schema.json";

/** A lifecycle, as both doors serve it. */
interface Lifecycle {
  check(olds: Properties, news: Properties): Promise<{ inputs: Properties; failures?: dynamic.CheckFailure[] }>;
  diff(id: string, olds: Properties, news: Properties): Promise<dynamic.DiffResult>;
  create(inputs: Properties): Promise<{ id: string; outs: Properties }>;
  read(id: string, props: Properties): Promise<{ id?: string; props?: Properties }>;
  update(id: string, olds: Properties, news: Properties): Promise<{ outs: Properties }>;
  delete(id: string, props: Properties): Promise<void>;
}

/** One kind of resource, as the plugin serves it. Its rules are those of its lifecycle, which the dynamic door has too. */
export interface Kind {
  lifecycle: Lifecycle;
  inputs: readonly string[];
  /** Outputs that are not inputs: unknown in a preview that creates the object. */
  outputs: readonly string[];
  /** Properties that are secret whatever the program says. */
  secrets: readonly string[];
}

/** What the schema says of a resource, as far as it is read here. */
interface Described {
  properties: Record<string, { secret?: boolean }>;
  inputProperties: Record<string, object>;
}

const PREFIX = "gitlab-agent:index:";

function kind(name: string, lifecycle: dynamic.ResourceProvider): [string, Kind] {
  const type = `${PREFIX}${name}`;
  const { properties, inputProperties } = (schema.resources as Record<string, Described>)[type]!;
  const inputs = Object.keys(inputProperties);
  return [
    type,
    {
      lifecycle: lifecycle as Lifecycle,
      inputs,
      outputs: Object.keys(properties).filter((property) => !inputs.includes(property)),
      secrets: Object.keys(properties).filter((property) => properties[property]?.secret),
    },
  ];
}

/** The resources by their type tokens, which stand in every state file: a contract. */
export const KINDS: Readonly<Record<string, Kind>> = Object.fromEntries([
  kind("ClusterAgent", clusterAgent),
  kind("AgentToken", agentToken),
  kind("ReceptiveUrlConfig", receptiveUrlConfig),
  kind("AgentConnection", agentConnection),
]);

/** The type token in a URN: the last of its chain of types. */
export function typeIn(urn: string): string {
  return urn.split("::")[2]?.split("$").at(-1) ?? "";
}

/** The kind of the resource that a URN names. */
export function kindIn(urn: string): Kind {
  const kind = KINDS[typeIn(urn)];
  if (kind !== undefined) return kind;
  throw new Error(
    `The plugin gitlab-agent has no resource ${typeIn(urn)}. Its resources are ${Object.keys(KINDS).join(", ")}.`,
  );
}

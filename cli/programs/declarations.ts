import type { AdoptedResource } from "../adoption";

/** An output of an agent's resource: its variable in the program, and the output's name. */
export class OutputOf {
  constructor(
    readonly variable: string,
    readonly output: "project" | "agentId",
  ) {}
}

/** A resource as a program declares it, in any language. */
export interface Declaration {
  kind: AdoptedResource["kind"];
  /** The resource's name. */
  name: string;
  /** The variable that other resources of the program use; undefined if none does. */
  variable: string | undefined;
  /** The inputs by their names in the schema: plain values, and outputs of the agent. */
  inputs: [name: string, value: unknown][];
  /** What a reader has to know before a change, line by line; empty if nothing. */
  remark: readonly string[];
}

/** How a language names variables. */
export interface Naming {
  /** A valid name in the language's own style. */
  style: (words: readonly string[]) => string;
  /** Names that a program cannot use, or that its first lines already have. */
  reserved: ReadonlySet<string>;
}

/** The first line of every program. */
export const ORIGIN =
  "Written by `pulumi-gitlab-agent adopt`. Run it after `pulumi import` of the file that was written with it.";

const REMARKS: Partial<Record<AdoptedResource["kind"], readonly string[]>> = {
  AgentToken: [
    "GitLab shows a token's secret once: `token` has no value here. A change revokes this token in the same update, even if a",
    "cluster still uses it: declare a second AgentToken, move the cluster to it, then remove this one.",
  ],
  ReceptiveUrlConfig: ["GitLab never shows the client key: declare it before a change replaces this."],
};

/**
 * The declarations of resources, in their order.
 *
 * @param all whether every resource has a variable, not only the agents that others use
 */
export function declarations(resources: readonly AdoptedResource[], naming: Naming, all = false): Declaration[] {
  const taken = new Set<string>();
  const owners = new Set(resources.map(({ of }) => of));
  const variables = new Map<string, string>();
  for (const { kind, name } of resources) {
    if (all || (kind === "ClusterAgent" && owners.has(name))) variables.set(name, variableName(name, naming, taken));
  }
  return resources.map(({ kind, name, inputs, lost, of }) => {
    const agent = of === undefined ? undefined : variables.get(of);
    return {
      kind,
      name,
      variable: variables.get(name),
      inputs: Object.entries(inputs).map(([key, value]) =>
        agent !== undefined && (key === "project" || key === "agentId")
          ? [key, new OutputOf(agent, key)]
          : [key, value],
      ),
      remark: lost === undefined ? [] : (REMARKS[kind] ?? []),
    };
  });
}

/** A unique variable name, derived from the resource's name. */
function variableName(resourceName: string, { style, reserved }: Naming, taken: Set<string>): string {
  const words = resourceName.split(/[^A-Za-z0-9]+/).filter((word) => word !== "");
  const plain = style(words);
  const wanted = /^[A-Za-z]/.test(plain) && !reserved.has(plain) ? plain : style(["agent", ...words]);
  let name = wanted;
  for (let number = 2; taken.has(name); number++) name = `${wanted}${number}`;
  taken.add(name);
  return name;
}

/** `productionEurope`. */
export function camelCase(words: readonly string[]): string {
  return words.map((word, index) => (index === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1))).join("");
}

/** `production_europe`. */
export function snakeCase(words: readonly string[]): string {
  return words.join("_").toLowerCase();
}

/** Words as a set. */
export const namesIn = (words: string): ReadonlySet<string> => new Set(words.split(/\s+/));

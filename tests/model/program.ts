/** The three kinds of objects that GitLab's API of agents has. */
export type Kind = "agent" | "token" | "config";

/** One resource of a random program. */
export interface Declared {
  kind: Kind;
  /** The resource's name in the program. */
  name: string;
  /** Its former name, if an alias keeps its object. */
  alias?: string;
  /** The project in any of its spellings. */
  project: string | number;
  /** For a token or URL configuration: the resource of its agent, or the number of an agent outside the program. */
  agent?: string | number;
  /** The name in GitLab; undefined: the resource's own. */
  called?: string;
  description?: string;
  rotation?: number;
  url?: string;
  importId?: string;
  deleteBeforeReplace?: boolean;
}

/** Agents come before their tokens and URL configurations. */
export type Program = readonly Declared[];

/** The classes of the resources, as their type tokens spell them. */
export const CLASSES = { agent: "ClusterAgent", token: "AgentToken", config: "ReceptiveUrlConfig" } as const;

/** The arguments of a resource whose agent has this number. */
export function argumentsOf(declared: Declared, agentId: unknown): Record<string, unknown> {
  const { kind, project, called, description, rotation, url } = declared;
  const all: Record<string, unknown> = { project };
  if (kind !== "agent") all["agentId"] = agentId;
  if (kind !== "config" && called !== undefined) all["name"] = called;
  if (kind === "token" && description !== undefined) all["description"] = description;
  if (kind === "token" && rotation !== undefined) all["rotationTriggers"] = { rotation };
  if (kind === "config") all["url"] = url;
  return all;
}

/** The name of an agent or token in GitLab. */
export function nameInGitLab({ called, name }: Declared): string {
  return called ?? name;
}

/** The program as text, one line for each resource. */
export function textOf(program: Program): string {
  return program
    .map(({ kind, name, ...rest }) => {
      const given = Object.entries(rest).filter(([, value]) => value !== undefined);
      return `  ${kind} ${name} ${given.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(" ")}`;
    })
    .join("\n");
}

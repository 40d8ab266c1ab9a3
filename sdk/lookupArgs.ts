import type * as pulumi from "@pulumi/pulumi";
import { LookupError } from "./lookupError";

/** The project of what is looked up. */
export interface ProjectArgs {
  /**
   * Its numeric id (`42`), or its full path (`group/app`), plain or URL-encoded.
   *
   * @example "group/app"
   */
  project: string | number;
}

/** The agent of what is looked up. */
export interface AgentArgs extends ProjectArgs {
  /**
   * The agent's numeric id, as `agent.agentId` gives it.
   *
   * @example 7
   */
  agentId: number;
}

/** Arguments of an `…Output` form: each may be an output. */
export type Inputs<Args> = { [Name in keyof Args]: pulumi.Input<Args[Name]> };

/** Which agent: by its id, or by its name. */
export type GetClusterAgentArgs = ProjectArgs &
  (
    | {
        /**
         * The agent's numeric id: this or `name`.
         *
         * @example 7
         */
        agentId: number;
        /** Left out: it is the other one that asks. */
        name?: undefined;
      }
    | {
        /** Left out: it is the other one that asks. */
        agentId?: undefined;
        /**
         * The agent's name, exactly: this or `agentId`.
         *
         * @example "production"
         */
        name: string;
      }
  );

/** Which agent: by its id, or by its name. Either may be an output. */
export type GetClusterAgentOutputArgs = Inputs<ProjectArgs> &
  (
    | {
        /**
         * The agent's numeric id: this or `name`.
         *
         * @example 7
         */
        agentId: pulumi.Input<number>;
        /** Left out: it is the other one that asks. */
        name?: undefined;
      }
    | {
        /** Left out: it is the other one that asks. */
        agentId?: undefined;
        /**
         * The agent's name, exactly: this or `agentId`.
         *
         * @example "production"
         */
        name: pulumi.Input<string>;
      }
  );

/** A project that can be asked for: an empty one would lead the request to another address. */
export function asProject(project: unknown): string | number {
  if (typeof project === "number" && Number.isSafeInteger(project) && project > 0) return project;
  if (typeof project === "string" && project.trim() !== "") return project;
  throw new LookupError(
    `\`project\` is ${shown(project)}; expected the project's numeric id (42) or its full path (group/app).`,
  );
}

/** The numeric id of an agent, token or URL configuration: a number, or its digits. */
export function asId(argument: string, value: unknown): number {
  const id = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof id === "number" && Number.isSafeInteger(id) && id > 0) return id;
  throw new LookupError(`\`${argument}\` is ${shown(value)}; expected a numeric id, a positive whole number.`);
}

/** The numeric id of an agent. */
export function asAgentId(value: unknown): number {
  return asId("agentId", value);
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return "missing";
  return typeof value === "object" ? "an object" : JSON.stringify(value);
}

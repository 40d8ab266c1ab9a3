import type * as pulumi from "@pulumi/pulumi";

/** The project of the object. */
export interface ProjectArgs {
  /**
   * Its numeric id (`42`), or its full path (`group/app`), plain or URL-encoded.
   *
   * @example "group/app"
   */
  project: string | number;
}

/** The agent of the object. */
export interface AgentArgs extends ProjectArgs {
  /**
   * The agent's numeric id: `agent.agentId`.
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
        /** Must be undefined if `agentId` is given. */
        name?: undefined;
      }
    | {
        /** Must be undefined if `name` is given. */
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
        /** Must be undefined if `agentId` is given. */
        name?: undefined;
      }
    | {
        /** Must be undefined if `name` is given. */
        agentId?: undefined;
        /**
         * The agent's name, exactly: this or `agentId`.
         *
         * @example "production"
         */
        name: pulumi.Input<string>;
      }
  );

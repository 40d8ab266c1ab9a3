import type * as pulumi from "@pulumi/pulumi";

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

import { agentConnection as connection } from "./agentConnection";
import { agentToken as token } from "./agentToken";
import { clusterAgent as agent } from "./clusterAgent";
import { serve, serveCancellable } from "./doors/dynamic";
import { lifecycleOf } from "./lifecycle";
import { receptiveUrlConfig as urlConfiguration } from "./receptiveUrlConfig";

/** The lifecycles by their resources' names, for both doors. */
export const LIFECYCLES = {
  ClusterAgent: lifecycleOf(agent),
  AgentToken: lifecycleOf(token),
  AgentConnection: connection,
  ReceptiveUrlConfig: lifecycleOf(urlConfiguration),
};

/*
 * What the dynamic-provider process loads by name, from the `__provider` text in every state file: these names never change.
 * The names below, and this module's path in the package, never change. Nothing is done at import but to define them.
 */
export const agentConnection = serveCancellable(LIFECYCLES.AgentConnection);
export const agentToken = serve(LIFECYCLES.AgentToken);
export const clusterAgent = serve(LIFECYCLES.ClusterAgent);
export const receptiveUrlConfig = serve(LIFECYCLES.ReceptiveUrlConfig);

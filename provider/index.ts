import { serve, serveCancellable } from "./doors/dynamic";
import { LIFECYCLES } from "./doors/lifecycles";

/*
 * What the dynamic-provider process loads by name, from the `__provider` text in every state file: these names never change.
 * The names below, and this module's path in the package, never change. Nothing is done at import but to define them.
 */
export const agentConnection = serveCancellable(LIFECYCLES.AgentConnection);
export const agentToken = serve(LIFECYCLES.AgentToken);
export const clusterAgent = serve(LIFECYCLES.ClusterAgent);
export const receptiveUrlConfig = serve(LIFECYCLES.ReceptiveUrlConfig);

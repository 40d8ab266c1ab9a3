import * as connection from "./agentConnection";
import * as token from "./agentToken";
import * as agent from "./clusterAgent";
import { serve, serveCancellable } from "./doors/dynamic";
import { lifecycleOf } from "./lifecycle";
import * as urlConfig from "./receptiveUrlConfig";

/*
 * What the dynamic-provider process loads by name, from the `__provider` text in every state file: a contract for ever.
 * The names below, and this module's path in the package, never change. Nothing is done at import but to define them.
 */
export const agentConnection = serveCancellable(connection.agentConnection);
export const agentToken = serve(lifecycleOf(token.agentToken));
export const clusterAgent = serve(lifecycleOf(agent.clusterAgent));
export const receptiveUrlConfig = serve(lifecycleOf(urlConfig.receptiveUrlConfig));

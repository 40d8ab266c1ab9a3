/**
 * What the dynamic-provider process loads by name, from the `__provider` text in every state file: a contract for ever.
 * The names below, and this module's path in the package, never change. Nothing is done at import but to define them.
 */
export { agentConnection } from "./agentConnection";
export { agentToken } from "./agentToken";
export { clusterAgent } from "./clusterAgent";
export { receptiveUrlConfig } from "./receptiveUrlConfig";

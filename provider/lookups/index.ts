import { getAgentToken, getAgentTokens } from "./agentTokens";
import { getClusterAgent, getClusterAgents } from "./clusterAgents";
import { getKas } from "./kas";
import { getReceptiveUrlConfig, getReceptiveUrlConfigs } from "./receptiveUrlConfigs";

export { LookupFault } from "./arguments";

/** What the `get…` functions ask GitLab, by their names. Nothing secret is in an answer. */
export const LOOKUPS = {
  getAgentToken,
  getAgentTokens,
  getClusterAgent,
  getClusterAgents,
  getKas,
  getReceptiveUrlConfig,
  getReceptiveUrlConfigs,
};

/** The functions by name. */
export type Lookups = typeof LOOKUPS;

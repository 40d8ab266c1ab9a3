import { getAgentToken, getAgentTokens } from "./agentTokens";
import { getClusterAgent, getClusterAgents } from "./clusterAgents";
import { getKas } from "./kas";
import { getReceptiveUrlConfig, getReceptiveUrlConfigs } from "./receptiveUrlConfigs";

export { checkArguments, LookupFault } from "./arguments";

/** The lookups of the `get…` functions, by name. No result contains a secret. */
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

/** The arguments of each, for {@link checkArguments}. */
export const LOOKUP_ARGUMENTS: Readonly<Record<keyof Lookups, readonly string[]>> = {
  getAgentToken: ["project", "agentId", "tokenId"],
  getAgentTokens: ["project", "agentId"],
  getClusterAgent: ["project", "agentId", "name"],
  getClusterAgents: ["project"],
  getKas: [],
  getReceptiveUrlConfig: ["project", "agentId", "urlConfigurationId"],
  getReceptiveUrlConfigs: ["project", "agentId"],
};

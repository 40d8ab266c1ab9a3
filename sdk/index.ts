export { AgentConnection, type AgentConnectionArgs } from "./agentConnection";
export { AgentToken, type AgentTokenArgs, type AgentTokenOptions, type AgentTokenStatus } from "./agentToken";
export { ClusterAgent, type ClusterAgentArgs, type ConfigProject } from "./clusterAgent";
export {
  getAgentToken,
  type GetAgentTokenArgs,
  getAgentTokenOutput,
  type GetAgentTokenOutputArgs,
  type GetAgentTokenResult,
  getAgentTokens,
  type GetAgentTokensArgs,
  getAgentTokensOutput,
  type GetAgentTokensOutputArgs,
  type GetAgentTokensResult,
} from "./getAgentToken";
export {
  getClusterAgent,
  type GetClusterAgentArgs,
  getClusterAgentOutput,
  type GetClusterAgentOutputArgs,
  type GetClusterAgentResult,
  getClusterAgents,
  type GetClusterAgentsArgs,
  getClusterAgentsOutput,
  type GetClusterAgentsOutputArgs,
} from "./getClusterAgent";
export { getKas, getKasOutput, type GetKasResult } from "./getKas";
export {
  getReceptiveUrlConfig,
  type GetReceptiveUrlConfigArgs,
  getReceptiveUrlConfigOutput,
  type GetReceptiveUrlConfigOutputArgs,
  type GetReceptiveUrlConfigResult,
  getReceptiveUrlConfigs,
  type GetReceptiveUrlConfigsArgs,
  getReceptiveUrlConfigsOutput,
  type GetReceptiveUrlConfigsOutputArgs,
} from "./getReceptiveUrlConfig";
export { LookupError } from "./lookupError";
export { Provider, type ProviderArgs } from "./provider";
export { ReceptiveUrlConfig, type ReceptiveUrlConfigArgs } from "./receptiveUrlConfig";

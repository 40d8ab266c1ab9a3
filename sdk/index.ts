export { AgentToken, type AgentTokenArgs, type AgentTokenOptions } from "./agentToken";
export { ClusterAgent, type ClusterAgentArgs, type ConfigProject } from "./clusterAgent";
export { Provider, type ProviderArgs } from "./provider";
export { ReceptiveUrlConfig, type ReceptiveUrlConfigArgs } from "./receptiveUrlConfig";

export { AgentInstallation } from "./agentInstallation";
export type { AgentInstallationArgs } from "./agentInstallationArgs";
export type { ReceptiveAgentArgs } from "./receptiveAgentArgs";

import { agentConnection } from "../agentConnection";
import { agentToken } from "../agentToken";
import { clusterAgent } from "../clusterAgent";
import { lifecycleOf } from "../lifecycle";
import { receptiveUrlConfig } from "../receptiveUrlConfig";

/** The lifecycles by their resources' names, for both doors. */
export const LIFECYCLES = {
  ClusterAgent: lifecycleOf(clusterAgent),
  AgentToken: lifecycleOf(agentToken),
  AgentConnection: agentConnection,
  ReceptiveUrlConfig: lifecycleOf(receptiveUrlConfig),
};

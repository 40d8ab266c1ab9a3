import { agentTokens, type WireAgentToken } from "./agentTokens";
import type { BatchedReads } from "./batchedReads";
import { clusterAgents, type WireClusterAgent } from "./clusterAgents";
import type { KeptLists } from "./keptLists";
import { readMetadata, readUser } from "./metadata";
import { projects } from "./projects";
import type { Scope } from "./scope";
import { urlConfigurations, type CertificateForm } from "./urlConfigurations";

export { agentFrom, type WireClusterAgent } from "./clusterAgents";
export { tokenFrom, type NewToken, type WireAgentToken } from "./agentTokens";
export { urlConfigurationFrom, type NewUrlConfiguration, type WireUrlConfiguration } from "./urlConfigurations";
export type { WireProject } from "./projects";
export type { WireMetadata, WireUser } from "./metadata";

/** What the operations of one configuration share: reads, and the form of certificates that this GitLab accepts. */
export interface SharedReads {
  readonly certificateForm: CertificateForm;
  readonly agentReads: BatchedReads<WireClusterAgent>;
  readonly agentLists: KeptLists<WireClusterAgent>;
  readonly tokenReads: BatchedReads<WireAgentToken>;
}

/** GitLab's endpoints, bound to one operation. */
export type Endpoints = ReturnType<typeof endpointsOf>;

/** The endpoints of one operation. After a write, the shared reads that it changes are forgotten. */
export function endpointsOf(scope: Scope, shared: SharedReads) {
  const { agentReads, agentLists, tokenReads } = shared;
  return {
    // Deleting an agent deletes its tokens; a URL configuration changes its agent (`is_receptive`).
    agents: clusterAgents(scope, agentReads, agentLists, () => {
      agentReads.forget();
      tokenReads.forget();
    }),
    tokens: agentTokens(scope, tokenReads, () => tokenReads.forget()),
    urlConfigurations: urlConfigurations(scope, shared.certificateForm, () => agentReads.forget()),
    projects: projects(scope),
    /** The user of the credential. */
    user: () => readUser(scope),
    /** GitLab's version and agent server. */
    metadata: () => readMetadata(scope),
  };
}

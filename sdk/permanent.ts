/**
 * Names that stand in every state file and therefore never change: type tokens, and the texts by which the
 * dynamic-provider process loads the lifecycles. A test fails when one of them differs from what was ever released.
 *
 * The texts hold no code, no path and no credential. They are what `pulumi.dynamic.Resource` would make of a provider by
 * serializing it, except that they never depend on how and where the package is installed. See docs/architecture.md.
 */
export const PERMANENT = {
  ClusterAgent: {
    type: "pulumi-nodejs:dynamic/gitlab:ClusterAgent",
    provider: 'exports.handler = () => require("pulumi-gitlab-agent/provider").clusterAgent;\n',
  },
  AgentToken: {
    type: "pulumi-nodejs:dynamic/gitlab:AgentToken",
    provider: 'exports.handler = () => require("pulumi-gitlab-agent/provider").agentToken;\n',
  },
  AgentConnection: {
    type: "pulumi-nodejs:dynamic/gitlab:AgentConnection",
    provider: 'exports.handler = () => require("pulumi-gitlab-agent/provider").agentConnection;\n',
  },
  ReceptiveUrlConfig: {
    type: "pulumi-nodejs:dynamic/gitlab:ReceptiveUrlConfig",
    provider: 'exports.handler = () => require("pulumi-gitlab-agent/provider").receptiveUrlConfig;\n',
  },
} as const;

/** The component's type, which stands in the URN of everything that it makes: as permanent as the others. */
export const PERMANENT_COMPONENT = "gitlab-agent:kubernetes:AgentInstallation";

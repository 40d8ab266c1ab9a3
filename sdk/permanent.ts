/**
 * Names in every state file, which therefore never change: type tokens, and the texts with which the
 * dynamic-provider process loads the lifecycles. A test fails if one of them differs from a released one.
 *
 * The texts contain no code, no path and no credential. They have the form in which `pulumi.dynamic.Resource` serializes a
 * provider, but do not depend on how and where the package is installed. See docs/architecture.md.
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

/** The component's type. It is part of the URN of all its children, so it never changes either. */
export const PERMANENT_COMPONENT = "gitlab-agent:kubernetes:AgentInstallation";

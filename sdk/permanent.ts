/** Names in every state file. */
export interface PermanentNames {
  /** The type token. */
  readonly type: string;
  /** The text with which the dynamic-provider process loads the lifecycle, as `provider/index.ts` exports it. */
  readonly provider: string;
}

/**
 * The names of a resource in every state file, which follow from its class's name. They never change: a test compares them with those
 * of every release.
 *
 * The text contains no code, no path and no credential. It has the form in which `pulumi.dynamic.Resource` serializes a
 * provider, but does not depend on how and where the package is installed. See docs/architecture.md.
 *
 * @example permanent("ClusterAgent").type // "pulumi-nodejs:dynamic/gitlab:ClusterAgent"
 */
export function permanent(resource: string): PermanentNames {
  const lifecycle = resource.charAt(0).toLowerCase() + resource.slice(1);
  return {
    type: `pulumi-nodejs:dynamic/gitlab:${resource}`,
    provider: `exports.handler = () => require("pulumi-gitlab-agent/provider").${lifecycle};\n`,
  };
}

/** The component's type. It is part of the URN of all its children, so it never changes either. */
export const PERMANENT_COMPONENT = "gitlab-agent:kubernetes:AgentInstallation";

import { createHash } from "node:crypto";

/** Helm refuses longer names of releases. */
const RELEASE_LIMIT = 53;
/** Kubernetes refuses longer names of namespaces. */
const NAMESPACE_LIMIT = 63;

/** What YAML 1.1, which Helm reads templates by, takes for a boolean or for nothing, in any case. */
const YAML_WORD = /^(y|yes|true|on|n|no|false|off|null)$/i;

/**
 * The name of the agent's release: the agent's own, since two agents under one release name overwrite each other.
 *
 * A name that starts with a digit gets a prefix, since the chart names a Service after the release, which has to start with a
 * letter. So does a name such as `true`: the chart writes labels without quotes, and Kubernetes refuses a label that is not text.
 */
export function releaseName(agentName: string): string {
  const usable = /^[a-z]/.test(agentName) && !YAML_WORD.test(agentName);
  return shortened(usable ? agentName : `agent-${agentName}`, RELEASE_LIMIT);
}

/** The namespace that GitLab's own instructions install an agent in. */
export function namespaceName(agentName: string): string {
  return shortened(`gitlab-agent-${agentName}`, NAMESPACE_LIMIT);
}

/**
 * The name of the agent's Secret. It changes with all that the pods read once, at start: another token, and other content
 * besides. So the old Secret stays until the release has moved on to the new one, and the release restarts the pods.
 */
export function secretName(release: string, tokenId: number, content: Record<string, string>): string {
  const besides = Object.entries(content).sort(([one], [other]) => (one < other ? -1 : 1));
  const name = `${release}-token-${tokenId}`;
  return besides.length === 0 ? name : `${name}-${checksum(JSON.stringify(besides))}`;
}

/** A long name is cut, and told apart by a checksum of the whole. */
function shortened(name: string, limit: number): string {
  if (name.length <= limit) return name;
  const mark = checksum(name);
  return `${name.slice(0, limit - mark.length - 1).replace(/-+$/, "")}-${mark}`;
}

const checksum = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 8);

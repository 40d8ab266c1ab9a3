import { createHash } from "node:crypto";

/** Helm refuses longer names of releases. */
const RELEASE_LIMIT = 53;
/** Kubernetes refuses longer names of namespaces. */
const NAMESPACE_LIMIT = 63;

/** Words that YAML 1.1, which Helm uses for templates, reads as a boolean or null, in upper or lower case. */
const YAML_WORD = /^(y|yes|true|on|n|no|false|off|null)$/i;

/**
 * The name of the agent's release: the agent's name, since two agents with one release name overwrite each other.
 *
 * A name that starts with a digit gets a prefix, since the chart names a Service after the release, which has to start with a
 * letter. So does a name such as `true`: the chart writes labels without quotes, and Kubernetes refuses a label that is not text.
 */
export function releaseName(agentName: string): string {
  const usable = /^[a-z]/.test(agentName) && !YAML_WORD.test(agentName);
  return shortened(usable ? agentName : `agent-${agentName}`, RELEASE_LIMIT);
}

/** The namespace in which GitLab's own instructions install an agent. */
export function namespaceName(agentName: string): string {
  return shortened(`gitlab-agent-${agentName}`, NAMESPACE_LIMIT);
}

/**
 * The name of the agent's Secret. It changes with everything that the pods read once, at their start: the token and the other
 * contents. So the old Secret stays until the release uses the new one, and the release restarts the pods.
 */
export function secretName(release: string, tokenId: number, content: Record<string, string>): string {
  const others = Object.entries(content).sort(([one], [other]) => (one < other ? -1 : 1));
  const name = `${release}-token-${tokenId}`;
  return others.length === 0 ? name : `${name}-${checksum(JSON.stringify(others))}`;
}

/** Truncates a long name and appends a checksum of the whole name. */
function shortened(name: string, limit: number): string {
  if (name.length <= limit) return name;
  const mark = checksum(name);
  return `${name.slice(0, limit - mark.length - 1).replace(/-+$/, "")}-${mark}`;
}

const checksum = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 8);

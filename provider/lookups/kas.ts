import type { GitLab } from "../gitlab";

/** GitLab's agent server and its GitLab. */
export async function getKas(gitlab: GitLab) {
  const { kas, version, revision, enterprise } = await gitlab.begin("read GitLab's metadata").metadata();
  return {
    enabled: kas.enabled,
    externalUrl: kas.externalUrl ?? undefined,
    externalK8sProxyUrl: kas.externalK8sProxyUrl ?? undefined,
    version: kas.version ?? undefined,
    gitlab: { version, revision, enterprise: enterprise ?? undefined },
  };
}

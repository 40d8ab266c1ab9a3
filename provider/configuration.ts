import type { dynamic } from "@pulumi/pulumi";
import { likelyMeant, openGitLab, resolveSettings, SETTING_NAMES, type GitLab } from "./gitlab";

/** The key under which an explicit Provider tells its name, so that messages can say where a setting came from. */
export const PROVIDER_NAME = "providerName";

/** Values of `gitlab:*` keys, from the stack's configuration or from an explicit Provider. */
let configured: Record<string, string> = {};
const warned = new Set<string>();

/**
 * Takes a copy of the settings. The host hands out the provider before this has finished, to calls that came at the same
 * time: so everything happens before the first await, and nothing is thrown. What is wrong or missing is told by the first
 * request.
 */
export function configure(request: dynamic.ConfigureRequest): Promise<void> {
  const taken: Record<string, string> = {};
  for (const name of [...SETTING_NAMES, PROVIDER_NAME]) {
    const value = request.config.get(`gitlab:${name}`) as unknown;
    if (value !== undefined && value !== null) taken[name] = typeof value === "string" ? value : JSON.stringify(value);
  }
  configured = taken;
  for (const key of strangers(request.config)) warnOnce(key);
  return Promise.resolve();
}

/** Where the credential came from, for messages; never its value. */
export function credentialSource(): string {
  return gitLab().settings.sources["token"] ?? "an unknown place";
}

/** The GitLab that the settings of this moment lead to. Throws what is wrong with them. */
export function gitLab(): GitLab {
  const provider = configured[PROVIDER_NAME];
  return openGitLab(
    resolveSettings({
      lookup: (setting) => configured[setting],
      describe: (setting) =>
        provider === undefined
          ? `\`gitlab:${setting}\` in the stack's configuration`
          : `argument \`${setting}\` of provider "${provider}"`,
      env: process.env,
    }),
  );
}

/** Keys of our namespace that are none of ours. The host's Config has no listing; its record is read where it is there. */
function strangers(config: dynamic.Config): string[] {
  const record = (config as { rawConfig?: unknown }).rawConfig;
  if (typeof record !== "object" || record === null) return [];
  return Object.keys(record)
    .filter((key) => key.startsWith("gitlab:"))
    .map((key) => key.slice("gitlab:".length))
    .filter((name) => name !== PROVIDER_NAME && !(SETTING_NAMES as readonly string[]).includes(name));
}

function warnOnce(key: string): void {
  const meant = likelyMeant(key);
  if (meant === undefined || warned.has(key)) return;
  warned.add(key);
  console.warn(
    `warning: \`gitlab:${key}\` in the configuration is not a setting of pulumi-gitlab-agent and is ignored. Did you mean \`gitlab:${meant}\`?`,
  );
}

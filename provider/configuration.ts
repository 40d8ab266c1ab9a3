import type { dynamic } from "@pulumi/pulumi";
import { ConfigurationError, likelyMeant, openGitLab, resolveSettings, SETTING_NAMES, type GitLab } from "./gitlab";

/** The key under which an explicit Provider tells its name, so that messages can say where a setting came from. */
export const PROVIDER_NAME = "providerName";

/** Values of `gitlab:*` keys, from the stack's configuration or from an explicit Provider. */
let configured: Record<string, string> = {};
const warned = new Set<string>();

/**
 * Takes a copy of the settings, and warns of what should be seen on every run, also on one that sends nothing. The host
 * hands out the provider before this has finished, to calls that came at the same time: so everything happens before the
 * first await, and nothing is thrown. What is wrong or missing is told by the first request.
 */
export function configure(request: dynamic.ConfigureRequest): Promise<void> {
  const taken: Record<string, string> = {};
  for (const name of [...SETTING_NAMES, PROVIDER_NAME]) {
    const value = request.config.get(`gitlab:${name}`) as unknown;
    if (value !== undefined && value !== null) taken[name] = typeof value === "string" ? value : JSON.stringify(value);
  }
  configured = taken;
  for (const key of strangers(request.config)) warnOnce(key);
  gitLab();
  return Promise.resolve();
}

/** Where the credential came from, for messages; never its value. */
export function credentialSource(): string {
  return gitLab().settings.sources["token"] ?? "an unknown place";
}

/** The GitLab that the settings of this moment lead to. Warns once where TLS is not checked. */
export function gitLab(): GitLab {
  try {
    return openGitLab(
      resolveSettings({ lookup: (setting) => configured[setting], describe: source, env: process.env }),
    );
  } catch (error) {
    if (error instanceof ConfigurationError) return unusable(error);
    throw error;
  }
}

/** What is wrong with the settings is told by whatever is begun with them. */
function unusable(error: ConfigurationError): GitLab {
  return {
    get settings(): never {
      throw error;
    },
    begin: (what) => {
      throw error.retold(what);
    },
  };
}

/** Where a key of our namespace was given, in words. */
function source(key: string): string {
  const provider = configured[PROVIDER_NAME];
  return provider === undefined
    ? `\`gitlab:${key}\` in the stack's configuration`
    : `argument \`${key}\` of provider "${provider}"`;
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

/** Each kind of resource is configured by itself in one process: one warning for all of them. */
function warnOnce(key: string): void {
  const meant = likelyMeant(key);
  // Whoever gives both spellings serves another provider by one of them.
  if (meant === undefined || configured[meant] !== undefined || warned.has(key)) return;
  warned.add(key);
  const name = configured[PROVIDER_NAME] === undefined ? `gitlab:${meant}` : meant;
  process.stdout.write(
    `warning: ${source(key)} is not a setting of pulumi-gitlab-agent and is ignored. Did you mean \`${name}\`?\n`,
  );
}

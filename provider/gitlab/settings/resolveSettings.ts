import { inspect } from "node:util";
import { credentialPlaces, missingCredential } from "./advice";
import { DEFAULT_BASE_URL, normaliseBaseUrl, sameAddress } from "./baseUrl";
import { ConfigurationError } from "../errors";
import { headersFrom } from "./headers";
import { DEFAULT, DEFAULT_NAMESPACE, ENVIRONMENT, keyOf } from "./settingKeys";
import { ALIASES, misspellings } from "./settingNames";
import { SETTING_NAMES, type SettingName, type Settings, type SettingsInput } from "./settings";
import { readTrust } from "./trust";

/** setTimeout's own limit, some 24 days. */
const LONGEST_SECONDS = 2_147_483;

const FROM_ENVIRONMENT: Partial<Record<SettingName, readonly string[]>> = {
  baseUrl: ["GITLAB_BASE_URL", "CI_API_V4_URL"],
  token: ["GITLAB_TOKEN"],
  debug: ["PULUMI_GITLAB_AGENT_DEBUG"],
};

/**
 * Reads all settings: explicit provider or stack configuration first, then the environment, then the default.
 * Sends nothing, reads no file, and accepts a missing credential.
 *
 * @throws ConfigurationError for an invalid value: the text names setting and source, never a secret value
 * @example resolveSettings({ lookup: () => undefined, describe: () => "", env: process.env })
 */
export function resolveSettings(input: SettingsInput): Settings {
  const sources: Record<string, string> = {};
  const fault = (name: SettingName, words: string, advice?: string): ConfigurationError =>
    new ConfigurationError({
      words: `The setting \`${name}\` from ${sources[name]} ${words}`,
      ...(advice && { advice }),
    });
  const found = (name: SettingName, value: string, source: string): string => {
    sources[name] = source;
    if (value.trim() !== "") return value.trim();
    const whereFrom = "Give it a value, or remove it: an empty value may come from a variable that is not set";
    const places = credentialPlaces({ ...input, caller: input.caller ?? "resource" });
    throw fault(name, "is empty", name === "token" ? `${whereFrom}. ${places}` : whereFrom);
  };
  const text = (name: SettingName): string | undefined => {
    for (const key of [name, ALIASES[name]]) {
      const value = key === undefined ? undefined : input.lookup(key);
      if (key !== undefined && value !== undefined) return found(name, value, input.describe(key));
    }
    for (const variable of FROM_ENVIRONMENT[name] ?? []) {
      const value = input.env[variable];
      if (value !== undefined) return found(name, value, `${ENVIRONMENT}${variable}`);
    }
    sources[name] = DEFAULT;
    return undefined;
  };
  const flag = (name: SettingName): boolean => {
    const value = text(name)?.toLowerCase();
    if (value === undefined || value === "false" || value === "0" || value === "no" || value === "off") return false;
    if (value === "true" || value === "1" || value === "yes" || value === "on") return true;
    throw fault(name, "must be true or false");
  };
  const count = (name: SettingName, fallback: number, least: number): number => {
    const value = text(name);
    if (value === undefined) return fallback;
    const number = /^\d+$/.test(value) ? Number(value) : NaN;
    if (!(number >= least && number <= 10_000)) throw fault(name, `must be a whole number from ${least} to 10000`);
    return number;
  };
  const seconds = (name: SettingName, fallback: number): number => {
    const value = text(name);
    if (value === undefined) return fallback;
    const number = /^\d+(\.\d+)?$/.test(value) ? Number(value) : NaN;
    if (!(number > 0 && number <= LONGEST_SECONDS)) {
      throw fault(name, `must be a number of seconds above 0, such as ${fallback}`);
    }
    return number;
  };

  refuseMisspeltAddress(input);
  const baseUrl = text("baseUrl");
  const token = text("token");
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token)) {
    throw fault(
      "token",
      "holds spaces, line breaks or other characters that no GitLab token has (the value is not shown)",
    );
  }
  const jobToken = input.env.CI_JOB_TOKEN;
  const settings: Settings = {
    baseUrl: baseUrl === undefined ? DEFAULT_BASE_URL : normaliseBaseUrl(baseUrl, sources.baseUrl ?? ""),
    token,
    ...given("caCertFile", text("caCertFile")),
    ...given("clientCertFile", text("clientCertFile")),
    ...given("clientKeyFile", text("clientKeyFile")),
    insecure: flag("insecure"),
    headers: headersFrom(text("headers"), (words) => fault("headers", words)),
    requestTimeout: seconds("requestTimeout", 30),
    operationTimeout: seconds("operationTimeout", 300),
    maxRetries: count("maxRetries", 8, 0),
    maxConcurrency: count("maxConcurrency", 8, 1),
    debug: flag("debug"),
    jobToken: Boolean(jobToken) && (token === undefined || token === jobToken),
    sources,
    caller: input.caller ?? "resource",
    ...(input.provider === undefined ? {} : { provider: input.provider }),
    ...(input.namespace === undefined ? {} : { namespace: input.namespace }),
    ...(input.programRuns === undefined ? {} : { programRuns: input.programRuns }),
  };
  refuseOtherGitLab(input, settings);
  if ((settings.clientCertFile === undefined) !== (settings.clientKeyFile === undefined)) {
    const [has, lacks]: [SettingName, SettingName] =
      settings.clientKeyFile === undefined ? ["clientCertFile", "clientKeyFile"] : ["clientKeyFile", "clientCertFile"];
    throw fault(has, `needs \`${lacks}\` too: a client certificate and its key go together`);
  }
  return discreet(settings);
}

/**
 * Refuses a misspelt `baseUrl`: the address would come from the environment or the default, and the credential would go to the
 * wrong GitLab.
 */
function refuseMisspeltAddress(input: SettingsInput): void {
  const wrong = misspellings(input.keys ?? []).find(({ meant }) => meant === "baseUrl");
  if (wrong === undefined) return;
  throw new ConfigurationError({
    words: `${input.describe(wrong.key)} is not a setting of pulumi-gitlab-agent, and \`baseUrl\` is not given there, so the credential could go to another GitLab`,
    advice: `Rename \`${wrong.key}\` to \`baseUrl\`; where \`${wrong.key}\` has another purpose, give \`baseUrl\` as well`,
  });
}

/** An explicit provider does not use the stack's `baseUrl`, so its credential must not go to the default by mistake. */
function refuseOtherGitLab(input: SettingsInput, { baseUrl, sources }: Settings): void {
  const { provider, stackBaseUrl, describe, namespace = DEFAULT_NAMESPACE } = input;
  if (provider === undefined || stackBaseUrl === undefined || sources.token !== describe("token")) return;
  if (sources.baseUrl === describe("baseUrl") || sameAddress(stackBaseUrl, baseUrl)) return;
  throw new ConfigurationError({
    words: `Provider "${provider}" has a \`token\` and no \`baseUrl\`: its credential would go to ${baseUrl} (${sources.baseUrl}), while the stack's configuration has another address in \`${namespace}:baseUrl\`, which does not serve an explicit provider`,
    advice: `Give provider "${provider}" the argument \`baseUrl\``,
  });
}

/** Hides secrets when it, or an object that contains it, is printed by `console.log` or `util.inspect`. */
export function discreet(settings: Settings): Settings {
  const value = (): string => `Settings { ${describeSettings(settings)} }`;
  return Object.defineProperty(settings, inspect.custom, { value, enumerable: false });
}

/**
 * The settings and where each came from on one line, without the values of secrets: the first line of debug output.
 *
 * @example describeSettings(settings) // "baseUrl https://gitlab.com (default), token [secret] (…), …"
 */
export function describeSettings(settings: Settings): string {
  const shown = (name: SettingName): string => {
    if (name === "token") return settings.token === undefined ? "none" : "[secret]";
    if (name === "headers") {
      const names = Object.keys(settings.headers);
      return names.length === 0 ? "none" : names.map((header) => `${header}: [secret]`).join(", ");
    }
    return String(settings[name] ?? "none");
  };
  return SETTING_NAMES.map((name) => `${name} ${shown(name)} (${settings.sources[name] ?? "default"})`).join(", ");
}

/** The warning of every run while TLS is not verified, or undefined. */
export function insecureWarning(settings: Settings): string | undefined {
  if (!settings.insecure) return undefined;
  return (
    `TLS certificate checks for ${settings.baseUrl} are off (\`insecure\` from ${settings.sources.insecure}): anybody on the ` +
    `network can read the credential. Give the CA's certificate by ${keyOf(settings, "caCertFile")} instead.`
  );
}

/** The warning of every run in which the credential leaves this machine without TLS, or undefined. */
export function plainHttpWarning(settings: Settings): string | undefined {
  const { protocol, hostname } = new URL(settings.baseUrl);
  if (protocol !== "http:" || /^(localhost|.+\.localhost|127\.[\d.]+|\[::1\])$/.test(hostname)) return undefined;
  return (
    `The base URL ${settings.baseUrl} (${settings.sources.baseUrl}) begins with http://: the credential travels unencrypted, ` +
    `and anybody on the network can read it. Use https:// instead.`
  );
}

function given(name: SettingName, value: string | undefined): Record<string, string> {
  return value === undefined ? {} : { [name]: value };
}

/** The checked settings, so that a program with many resources does not read its certificate files for each. */
const judged = new Map<string, ConfigurationError | undefined>();

/**
 * Checks resolved settings without a request: a missing credential, or an unusable certificate
 * file. Previews report these before any request.
 */
export function unusableSettings(settings: Settings): ConfigurationError | undefined {
  const key = JSON.stringify(settings);
  if (!judged.has(key)) judged.set(key, faultIn(settings));
  return judged.get(key);
}

function faultIn(settings: Settings): ConfigurationError | undefined {
  if (settings.token === undefined) return new ConfigurationError(missingCredential(settings));
  const { caCertFile, clientCertFile, clientKeyFile, baseUrl } = settings;
  if (!baseUrl.startsWith("https:") || (caCertFile ?? clientCertFile ?? clientKeyFile) === undefined) return undefined;
  try {
    readTrust(settings, false);
    return undefined;
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
}

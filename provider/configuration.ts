import type { dynamic } from "@pulumi/pulumi";
import { endWithoutEngine, watchEngine } from "./doors/engine";
import {
  ALIASES,
  askBeforePosts,
  ConfigurationError,
  misspellings,
  misspellingWarning,
  openGitLab,
  resolveSettings,
  SETTING_NAMES,
  unusableSettings,
  type GitLab,
  type Misspelling,
  type Settings,
} from "./gitlab";

const NAMESPACE = "gitlab:";
/** The key under which an explicit Provider tells its name, so that messages can say where a setting came from. */
export const PROVIDER_NAME = "providerName";
/** The key under which an explicit Provider without an address tells the stack's, which does not serve it. */
const STACK_BASE_URL = "stackBaseUrl";

/** Values of `gitlab:*` keys, from the stack's configuration or from an explicit Provider. */
let configured: Record<string, string> = {};
/** Every key of our namespace, also those that are no setting; undefined until the host has configured this process. */
let keys: readonly string[] | undefined;
const warned = new Set<string>();
/** Whether a program runs. */
let programRuns = false;

/**
 * Keeps in mind that the engine has asked this process to check a resource, so that a program runs, and the settings are its
 * own. Plain refresh and destroy check nothing, and configure this process with what the state saved.
 */
export function noteProgram(): void {
  programRuns = true;
}

/**
 * Takes a copy of the settings, and warns of what should be seen on every run, also on one that sends nothing. The host
 * hands out the provider before this has finished, to calls that came at the same time: so everything happens before the
 * first await, and nothing is thrown. What is wrong or missing is told by the first request.
 */
export function configure(request: dynamic.ConfigureRequest): Promise<void> {
  watchEngine();
  askBeforePosts(() => endWithoutEngine());
  const taken: Record<string, string> = {};
  for (const name of [...SETTING_NAMES, ...Object.values(ALIASES), PROVIDER_NAME, STACK_BASE_URL]) {
    const value = request.config.get(`${NAMESPACE}${name}`) as unknown;
    if (value !== undefined && value !== null) taken[name] = typeof value === "string" ? value : JSON.stringify(value);
  }
  configured = taken;
  keys = keysOf(request.config);
  // A misspelt address is an error, which every check and every request tells.
  for (const wrong of misspellings(keys)) if (wrong.meant !== "baseUrl") warnOnce(wrong);
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
    return openGitLab(settings());
  } catch (error) {
    if (error instanceof ConfigurationError) return unusable(error);
    throw error;
  }
}

/**
 * What is wrong with the settings, as far as it can be told without a request; undefined where nothing is. The engine calls no
 * check while a setting of an explicit provider is not known yet, so what is missing here is missing for good.
 */
export function settingsFault(): string | undefined {
  if (keys === undefined) return undefined;
  try {
    return unusableSettings(settings())?.message;
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
}

function settings(): Settings {
  const provider = configured[PROVIDER_NAME];
  const stackBaseUrl = configured[STACK_BASE_URL];
  return resolveSettings({
    lookup: (key) => configured[key],
    describe: source,
    env: process.env,
    keys: keys ?? [],
    caller: "resource",
    programRuns: () => programRuns,
    ...(provider === undefined ? {} : { provider }),
    ...(stackBaseUrl === undefined ? {} : { stackBaseUrl }),
  });
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

/** Every key of our namespace that is given. The host's Config has no listing; its record is read where it is there. */
function keysOf(config: dynamic.Config): string[] {
  const record = (config as { rawConfig?: unknown }).rawConfig;
  if (typeof record !== "object" || record === null) return [];
  return Object.entries(record)
    .filter(([key, value]) => key.startsWith(NAMESPACE) && value !== null && value !== undefined)
    .map(([key]) => key.slice(NAMESPACE.length));
}

/** Each kind of resource is configured by itself in one process: one warning for all of them. */
function warnOnce({ key, meant }: Misspelling): void {
  if (warned.has(key)) return;
  warned.add(key);
  process.stdout.write(`warning: ${misspellingWarning(source(key), meant, configured[PROVIDER_NAME])}\n`);
}

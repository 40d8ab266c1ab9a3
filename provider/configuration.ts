import {
  ConfigurationError,
  DEFAULT_NAMESPACE,
  limitedTo,
  misspellings,
  misspellingWarning,
  openGitLab,
  PROCESS_RUNTIME,
  resolveSettings,
  unusableSettings,
  type GitLab,
  type Misspelling,
  type Namespace,
  type Settings,
} from "./gitlab";

/** The settings of this process, as one of the provider's doors hands them over. */
export interface GivenSettings {
  /** What stands before the keys in the stack's configuration. */
  readonly namespace: Namespace;
  /** The values of known settings, as text. */
  readonly values: Readonly<Record<string, string>>;
  /** Every key that is given, also those that are no setting. */
  readonly keys: readonly string[];
  /** The name of the explicit provider that they belong to; absent where they are the stack's configuration. */
  readonly provider?: string;
  /** `baseUrl` in the stack's configuration, where it does not serve this explicit provider. */
  readonly stackBaseUrl?: string;
}

/** Undefined until a door has configured this process. */
let given: GivenSettings | undefined;
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

/** From now on these settings serve this process. Sends nothing, throws nothing, and warns of settings that are ignored or unsafe. */
export function useSettings(settings: GivenSettings): void {
  given = settings;
  // A misspelt address is an error, which every check and every request tells.
  for (const wrong of misspellings(given.keys)) if (wrong.meant !== "baseUrl") warnOnce(wrong);
  gitLab();
}

/** Undefined where no door tells: the host of dynamic providers does not hand the option on. */
let timeoutOfCall: (() => number | undefined) | undefined;

/** From now on the door tells for each call what limit the resource option `customTimeouts` gives it. */
export function takeCustomTimeouts(ofCall: () => number | undefined): void {
  timeoutOfCall = ofCall;
}

/** Seconds that the resource option `customTimeouts` gives the call under way; undefined where it has none. */
export function customTimeout(): number | undefined {
  return timeoutOfCall?.();
}

/** The GitLab that the settings of this moment lead to. Warns once where TLS is not checked. */
export function gitLab(): GitLab {
  try {
    const opened = openGitLab(settings());
    const seconds = customTimeout();
    return seconds === undefined ? opened : limitedTo(opened, seconds);
  } catch (error) {
    if (error instanceof ConfigurationError) return unusable(error);
    throw error;
  }
}

/**
 * What is wrong with the settings, as far as it can be told without a request; undefined where nothing is. The engine calls no
 * check while a setting of an explicit provider is not known yet, so what is missing here is missing for good.
 */
export function settingsViolation(): string | undefined {
  if (given === undefined) return undefined;
  try {
    return unusableSettings(settings())?.message;
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
}

function settings(): Settings {
  return resolveSettings({
    lookup: (key) => given?.values[key],
    describe: source,
    env: process.env,
    keys: given?.keys ?? [],
    caller: "resource",
    programRuns: () => programRuns,
    ...(given?.provider === undefined ? {} : { provider: given.provider }),
    ...(given?.stackBaseUrl === undefined ? {} : { stackBaseUrl: given.stackBaseUrl }),
    // The default is not said, so that a client of the dynamic door is found again by the same settings.
    ...(given === undefined || given.namespace === DEFAULT_NAMESPACE ? {} : { namespace: given.namespace }),
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
  const { provider, namespace = DEFAULT_NAMESPACE } = given ?? {};
  return provider === undefined
    ? `\`${namespace}:${key}\` in the stack's configuration`
    : `argument \`${key}\` of provider "${provider}"`;
}

/** Each kind of resource is configured by itself in one process: one warning for all of them. */
function warnOnce({ key, meant }: Misspelling): void {
  if (warned.has(key)) return;
  warned.add(key);
  PROCESS_RUNTIME.warn(misspellingWarning(source(key), meant, given?.provider, given?.namespace));
}

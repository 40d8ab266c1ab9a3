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

/** The settings of this process, as passed by one of the provider's doors. */
export interface GivenSettings {
  /** The namespace of the keys in the stack's configuration. */
  readonly namespace: Namespace;
  /** The values of known settings, as text. */
  readonly values: Readonly<Record<string, string>>;
  /** Every given key, also those that are not settings. */
  readonly keys: readonly string[];
  /** The name of the explicit provider; absent for the stack's configuration. */
  readonly provider?: string;
  /** `baseUrl` in the stack's configuration, which this explicit provider does not use. */
  readonly stackBaseUrl?: string;
}

/** Undefined until a door has configured this process. */
let given: GivenSettings | undefined;
const warned = new Set<string>();
/** Whether a program runs. */
let programRuns = false;

/**
 * Records that the engine called check, so a program runs, and the settings are its
 * own. Plain refresh and destroy do not call check, and configure this process with the saved settings.
 */
export function noteProgram(): void {
  programRuns = true;
}

/** From now on these settings serve this process. Sends nothing, throws nothing, and warns of settings that are ignored or unsafe. */
export function useSettings(settings: GivenSettings): void {
  given = settings;
  // A misspelt address is an error, which every check and every request reports.
  for (const wrong of misspellings(given.keys)) if (wrong.meant !== "baseUrl") warnOnce(wrong);
  gitLab();
}

/** Undefined for dynamic resources, since their host does not pass the option on. */
let timeoutOfCall: (() => number | undefined) | undefined;

/** Sets the function that returns the limit of the current call from the resource option `customTimeouts`. */
export function takeCustomTimeouts(ofCall: () => number | undefined): void {
  timeoutOfCall = ofCall;
}

/** Seconds that the resource option `customTimeouts` gives the call under way; undefined where it has none. */
export function customTimeout(): number | undefined {
  return timeoutOfCall?.();
}

/** The GitLab of the present settings. Warns once if TLS is not verified. */
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
 * The error of the settings that can be found without a request; undefined if there is none. The engine does not call
 * check while a setting of an explicit provider is not known yet, so a setting that is missing here stays missing.
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
    // The default is omitted, so that a client of the dynamic door is found again by the same settings.
    ...(given === undefined || given.namespace === DEFAULT_NAMESPACE ? {} : { namespace: given.namespace }),
  });
}

/** A GitLab for invalid settings: every operation on it fails with their error. */
function unusable(error: ConfigurationError): GitLab {
  return {
    get settings(): never {
      throw error;
    },
    begin: (what) => {
      throw error.copyFor(what);
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

/** Each kind of resource is configured separately in one process, so this warns only once. */
function warnOnce({ key, meant }: Misspelling): void {
  if (warned.has(key)) return;
  warned.add(key);
  PROCESS_RUNTIME.warn(misspellingWarning(source(key), meant, given?.provider, given?.namespace));
}

/** Every setting of the package, as spelled after `gitlab:` in a stack's configuration. */
export const SETTING_NAMES = [
  "baseUrl",
  "token",
  "caCertFile",
  "clientCertFile",
  "clientKeyFile",
  "insecure",
  "headers",
  "requestTimeout",
  "operationTimeout",
  "maxRetries",
  "maxConcurrency",
  "debug",
] as const satisfies readonly string[];

/** The name of a setting. */
export type SettingName = (typeof SETTING_NAMES)[number];

/** The namespace of the keys in the stack's configuration: `gitlab` for dynamic resources, `gitlab-agent` for the native plugin. */
export type Namespace = "gitlab" | "gitlab-agent";

/** What uses the settings: a resource's lifecycle, a lookup in a program, or the command line. */
export type Caller = "resource" | "lookup" | "command";

/** All settings for requests to one GitLab with one credential. */
export interface Settings {
  /** GitLab's address: scheme, host, port and sub-path, without `/api/v4` and trailing slash. @default "https://gitlab.com" */
  baseUrl: string;
  /** The credential. Secret. Undefined: the first request fails with an error that names every place it can come from. */
  token: string | undefined;
  /** A file of CA certificates (PEM) to trust in addition to the system's. */
  caCertFile?: string;
  /** Client certificate (PEM file) for GitLab itself, with `clientKeyFile`. */
  clientCertFile?: string;
  /** Its private key (PEM file). */
  clientKeyFile?: string;
  /** Disables verification of GitLab's TLS certificate. @default false */
  insecure: boolean;
  /** Extra headers for every request. Their values are treated as secret. */
  headers: Record<string, string>;
  /** The time limit of one request in seconds. @default 30 */
  requestTimeout: number;
  /** The time limit of one operation, with all its requests and waits, in seconds. @default 300 */
  operationTimeout: number;
  /** The number of retries of a request. If not set (`sources`): temporary failures until `operationTimeout`. @default 8 */
  maxRetries: number;
  /** The number of requests that run at the same time. @default 8 */
  maxConcurrency: number;
  /** Logs each request and its response on one line. @default false */
  debug: boolean;
  /** Whether the only credential is a CI job token, which cannot call this API. */
  jobToken: boolean;
  /** Setting -> where its value came from, such as "`gitlab:token` in the stack's configuration" or "default". */
  sources: Record<string, string>;
  /** The caller, on which the next steps in errors depend. */
  caller: Caller;
  /** The name of the explicit provider; undefined for the stack's configuration or a command. */
  provider?: string;
  /** The namespace of the keys in the stack's configuration. @default "gitlab" */
  namespace?: Namespace;
  /** Whether the program runs, so that the settings are current, not saved ones. @default unknown */
  programRuns?: () => boolean;
}

/** Where settings are looked up. */
export interface SettingsInput {
  /** The value given for a setting by an explicit provider or the stack's configuration. */
  lookup: (setting: string) => string | undefined;
  /** Where {@link SettingsInput.lookup} found it, in words. */
  describe: (setting: string) => string;
  /** The process's environment. */
  env: NodeJS.ProcessEnv;
  /** Every key in the place of {@link SettingsInput.lookup}, also misspelt ones. */
  keys?: readonly string[];
  /** @default "resource" */
  caller?: Caller;
  /** The name of the explicit provider of the settings. */
  provider?: string;
  /** See {@link Settings.namespace}. */
  namespace?: Namespace;
  /** `baseUrl` in the stack's configuration, which an explicit provider does not use. */
  stackBaseUrl?: string;
  /** See {@link Settings.programRuns}. */
  programRuns?: () => boolean;
}

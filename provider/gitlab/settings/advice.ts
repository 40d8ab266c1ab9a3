import { CUSTOM_TIMEOUTS, fromEnvironment, countsRetries, DEFAULT, DEFAULT_NAMESPACE, keyOf } from "./settingKeys";
import type { SettingName, Settings } from "./settings";

/** What an advice may mention in addition to the settings. */
interface Facts {
  readonly method?: string;
  readonly path?: string;
  readonly status?: number;
  /** The body of GitLab's response. */
  readonly text?: string;
  /** The address of the proxy that the request went through. */
  readonly proxy?: string | undefined;
}

/** The next step after one kind of failure. */
interface Advice {
  /** What to do, in sentences, without the last full stop. */
  readonly say: (settings: Settings, facts: Facts) => string;
  /**
   * The setting that it says to change. Plain `pulumi refresh` and `pulumi destroy` use the saved value, which the
   * advice mentions if it applies: see `savedInState`.
   */
  readonly changes?: SettingName;
}

const JOB_TOKEN =
  "A CI job token (CI_JOB_TOKEN) cannot call this API: use a personal, project or group access token with the scope `api`";

/**
 * Every next step, by the failure. Each names the place where its setting is given (`keyOf`), and only steps that can help
 * there: a command has no stack, a lookup runs in the program, and another saved credential does not fix a refused role.
 */
const ADVICE = {
  /** GitLab refuses the arguments: 400, 422. */
  validation: {
    say: () =>
      "GitLab rejected the request, and nothing was changed: correct the argument that it names, and run it again",
  },
  /** GitLab does not accept the credential: 401. */
  authentication: {
    say: (settings) =>
      settings.jobToken
        ? `${credential(settings)}. ${JOB_TOKEN}`
        : `${credential(settings)}: check that it is a GitLab access token for this host, not expired or revoked`,
    changes: "token",
  },
  /** The credential has too low a role, or too few scopes: 403. */
  permission: {
    say: (settings, { method = "", path = "", text = "" }) =>
      /insufficient_(granular_)?scope/.test(text)
        ? `The access token lacks the scope \`api\`: use one that has it. ${credential(settings)}`
        : `${neededRole(method, path)}. ${credential(settings)}`,
  },
  notFound: {
    say: (settings) =>
      "GitLab answers 404 both for what does not exist and for what the credential may not see: check the project and " +
      `the credential's membership in it. ${credential(settings)}`,
  },
  /** GitLab keeps refusing because of its rate limit: 429. Without `maxRetries` only the time limit ends the tries. */
  rateLimit: {
    say: (settings) =>
      `Run it again later, or raise ${countsRetries(settings) ? `${keyOf(settings, "maxRetries")} and ` : ""}` +
      `${keyOf(settings, "operationTimeout")}; fewer requests at once: ${keyOf(settings, "maxConcurrency")}`,
    changes: "operationTimeout",
  },
  /** GitLab keeps failing: 408, 5xx. */
  server: { say: () => "GitLab, or something in front of it, is failing: run it again later" },
  /** The host did not respond. */
  network: {
    say: (settings, { proxy }) =>
      `Check the base URL (${address(settings)}), the network${proxy === undefined ? "" : `, and the proxy ${proxy}`}, and run it again`,
    changes: "baseUrl",
  },
  /** The response is not one of GitLab's API. */
  foreignResponse: {
    say: (settings) =>
      "Something in front of GitLab may have answered in its place, such as a sign-in or maintenance page: check the base " +
      `URL (${address(settings)}), and how programs can get past that page`,
    changes: "baseUrl",
  },
  /** A read gets a web page repeatedly. */
  pageInstead: {
    say: (settings) =>
      `Two tries in a row got a web page, so the base URL (${address(settings)}) is probably not GitLab's ` +
      `address: check host, port and sub-path (the API must answer at ${settings.baseUrl}/api/v4/version), or how programs ` +
      `get past a sign-in page in front of GitLab`,
    changes: "baseUrl",
  },
  /** A redirect to another host. */
  otherHost: {
    say: (settings) =>
      `Set ${keyOf(settings, "baseUrl")} (now ${address(settings)}) to the address that GitLab uses for itself`,
    changes: "baseUrl",
  },
  /** Too many redirects of a read. */
  redirectCircle: {
    say: (settings) => `Too many redirects: check ${keyOf(settings, "baseUrl")}`,
    changes: "baseUrl",
  },
  /** A write is redirected within the host. */
  redirectedWrite: {
    say: () => "Only reads follow a redirect. Where the project was renamed or moved, use its new path, or its id",
  },
  /** The operation's limit has passed. */
  time: {
    say: (settings) =>
      `The limit is ${keyOf(settings, "operationTimeout")}, ${settings.operationTimeout} s${settings.sources.operationTimeout === DEFAULT ? " (default)" : ""}: raise it, or run it again`,
    changes: "operationTimeout",
  },
  /** The response to a POST is lost, and its result is unknown. */
  lostResponse: {
    say: () =>
      "Look at the project's agents (Operate > Kubernetes clusters) for what this request may have left, and run it again",
  },
  /** A status that this API does not document. */
  unexpected: {
    say: (settings, { status }) =>
      status === 405
        ? "Where the project was renamed or moved, use its new path, or its id"
        : `Check that the base URL (${address(settings)}) is GitLab's own and not something in front of it`,
  },
} satisfies Readonly<Record<string, Advice>>;

/** The failures that have a next step. */
export type AdviceName = keyof typeof ADVICE;

/** The next step after a failure, as it applies to these settings. */
export function adviceOn(name: AdviceName, settings: Settings, facts: Facts = {}): string {
  const { say, changes }: Advice = ADVICE[name];
  return `${say(settings, facts)}${changes === undefined ? "" : savedInState(settings, changes)}`;
}

/** Every {@link AdviceName}: a test has a text for each. */
export const ADVICE_NAMES = Object.keys(ADVICE) as AdviceName[];

/** The error for a missing credential, with every place where it can be given. */
export function missingCredential(settings: Settings): { words: string; advice: string } {
  const { provider, jobToken } = settings;
  const whose = provider === undefined ? "" : ` for provider "${provider}"`;
  const words = `there is no GitLab credential${whose}`;
  return {
    words: jobToken ? `${words}: CI_JOB_TOKEN is set, but a job token cannot call this API` : words,
    advice: `${credentialPlaces(settings)}${savedInState(settings, "token")}`,
  };
}

/** Where a credential can be given, depending on the caller. */
export function credentialPlaces(settings: Pick<Settings, "caller" | "provider" | "namespace">): string {
  const { caller, provider, namespace = DEFAULT_NAMESPACE } = settings;
  const token = "Give an access token with the scope `api`";
  if (caller === "command") return `${token} by the environment variable GITLAB_TOKEN`;
  return provider === undefined
    ? `${token} by \`pulumi config set --secret ${namespace}:token\`, by the environment variable GITLAB_TOKEN, or by the argument \`token\` of an explicit Provider`
    : `${token} by the argument \`token\` of provider "${provider}" or by the environment variable GITLAB_TOKEN; the stack's configuration does not serve an explicit Provider`;
}

/** The source of the credential, never its value. */
function credential(settings: Settings): string {
  return `The credential came from ${settings.sources.token ?? "an unknown place"}`;
}

/** GitLab's address, and its source. */
function address(settings: Settings): string {
  return `${settings.baseUrl}, ${settings.sources.baseUrl ?? "default"}`;
}

/** The lowest role that may send this request. */
function neededRole(method: string, path: string): string {
  if (/\/url_configurations(\/|$)/.test(path)) {
    return "Calls for URL configurations need the role Maintainer or higher in the project";
  }
  return method === "GET"
    ? "Reading agents and tokens needs the role Developer or higher in the project"
    : "Writing agents and tokens needs the role Maintainer or higher in the project";
}

/**
 * A sentence for an advice that says to change a setting: plain `pulumi refresh` and `pulumi destroy` run no program, and read
 * the configuration, and the arguments of explicit providers, from the state. It starts with ". " and is empty if it does not apply:
 *
 * - in a lookup and on the command line, which have no state;
 * - where the value came from the environment, which is always the one of this moment;
 * - where the value is the resource's own, by `customTimeouts`;
 * - where the program runs, so that the settings are the program's own.
 *
 * @example savedInState(settings, "caCertFile")
 */
export function savedInState(settings: Settings, name: SettingName): string {
  if (settings.caller !== "resource" || fromEnvironment(settings, name) || settings.programRuns?.() === true) return "";
  if (settings.sources[name] === CUSTOM_TIMEOUTS) return "";
  const { provider } = settings;
  const what =
    provider === undefined ? "the configuration saved in the state" : `provider "${provider}" as saved in the state`;
  const plain = `. Plain \`pulumi refresh\` and \`pulumi destroy\` use ${what}`;
  if (name !== "token") return `${plain}: after a change add \`--run-program\``;
  const changed = `${plain}: where the credential was changed since, add \`--run-program\``;
  return provider === undefined
    ? `${changed}, or keep the credential out of the configuration and in GITLAB_TOKEN`
    : `${changed}, or keep the credential out of the provider's arguments and in GITLAB_TOKEN`;
}

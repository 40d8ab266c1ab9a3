import type { Settings } from "./settings";

const SAVED_CONFIGURATION =
  "Plain `pulumi refresh` and `pulumi destroy` use the configuration saved in the state: where the credential was " +
  "changed since, add `--run-program`, or keep the credential out of the configuration and in GITLAB_TOKEN";

const JOB_TOKEN =
  "A CI job token (CI_JOB_TOKEN) cannot call this API: use a personal, project or group access token with the scope `api`";

/** That there is no credential, and every place that one can come from here. */
export function missingCredential(settings: Pick<Settings, "caller" | "provider" | "jobToken">): {
  words: string;
  advice: string;
} {
  const { caller, provider, jobToken } = settings;
  const whose = provider === undefined ? "" : ` for provider "${provider}"`;
  const words = `there is no GitLab credential${whose}`;
  return {
    words: jobToken ? `${words}: CI_JOB_TOKEN is set, but a job token cannot call this API` : words,
    advice: credentialPlaces(caller, provider),
  };
}

/** Where a credential can be given, by what is run. */
export function credentialPlaces(caller: Settings["caller"], provider: string | undefined): string {
  const token = "Give an access token with the scope `api`";
  if (caller === "command") return `${token} by the environment variable GITLAB_TOKEN`;
  return provider === undefined
    ? `${token} by \`pulumi config set --secret gitlab:token\`, by the environment variable GITLAB_TOKEN, or by the argument \`token\` of an explicit Provider`
    : `${token} by the argument \`token\` of provider "${provider}" or by the environment variable GITLAB_TOKEN; the stack's configuration does not serve an explicit Provider`;
}

/** Which credential was used: where it came from, never its value. */
function credential(settings: Settings): string {
  return `The credential came from ${settings.sources.token ?? "an unknown place"}`;
}

/** The lowest role that GitLab lets do this request. */
function neededRole(method: string, path: string): string {
  if (/\/url_configurations(\/|$)/.test(path)) {
    return "Calls for URL configurations need the role Maintainer or higher in the project";
  }
  return method === "GET"
    ? "Reading agents and tokens needs the role Developer or higher in the project"
    : "Writing agents and tokens needs the role Maintainer or higher in the project";
}

/** The next step after a 400. */
export function adviceOnValidation(): string {
  return "GitLab refuses what it was sent, and nothing was changed: correct the argument that it speaks of, and run it again";
}

/** The next step after a 401. */
export function adviceOnAuthentication(settings: Settings, method: string, path: string): string {
  const role = neededRole(method, path);
  if (settings.jobToken) return `${credential(settings)}. ${JOB_TOKEN}. ${role}. ${SAVED_CONFIGURATION}`;
  return `${credential(settings)}: check that it is a GitLab access token for this host, not expired or revoked. ${role}. ${SAVED_CONFIGURATION}`;
}

/** The next step after a 403. */
export function adviceOnPermission(settings: Settings, method: string, path: string, words: string): string {
  const scope = /insufficient_(granular_)?scope/.test(words) ? "The access token lacks the scope `api`. " : "";
  return `${scope}${neededRole(method, path)}. ${credential(settings)}. ${SAVED_CONFIGURATION}`;
}

/** The next step after a 404. */
export function adviceOnNotFound(settings: Settings): string {
  return (
    "GitLab answers 404 for what does not exist and for what the credential may not see alike: check the project and " +
    `the credential's membership in it. ${credential(settings)}`
  );
}

/** The next step where GitLab keeps refusing for the number of requests. */
export function adviceOnRateLimit(): string {
  return "Run it again later, or raise `gitlab:maxRetries` and `gitlab:operationTimeout`; fewer requests at once: `gitlab:maxConcurrency`";
}

/** The next step where GitLab keeps failing. */
export function adviceOnServer(): string {
  return "GitLab, or something in front of it, is out of order: run it again later";
}

/** The next step where no answer came from the host. */
export function adviceOnNetwork(settings: Settings, proxy: string | undefined): string {
  const through = proxy === undefined ? "" : `, and the proxy ${proxy}`;
  return `Check the base URL (${settings.baseUrl}, ${settings.sources.baseUrl ?? "default"}), the network${through}, and run it again`;
}

/** The next step where something answers that does not speak like GitLab's API. */
export function adviceOnForeignAnswer(settings: Settings): string {
  return (
    "Something in front of GitLab may have answered in its place, such as a sign-in or maintenance page: check the base " +
    `URL (${settings.baseUrl}, ${settings.sources.baseUrl ?? "default"}), and how programs get past what stands there`
  );
}

/** The next step where a read is answered with a web page again and again. */
export function adviceOnPageForAnswer(settings: Settings): string {
  return (
    `Two tries in a row were answered with a web page, so the base URL (${settings.baseUrl}, ` +
    `${settings.sources.baseUrl ?? "default"}) is most likely not GitLab's address: check host, port and sub-path (the API must answer ` +
    `at ${settings.baseUrl}/api/v4/version), or how programs get past a sign-in page that stands before it`
  );
}

/** The next step where the operation's limit is spent. */
export function adviceOnTime(settings: Settings): string {
  return `The limit is \`gitlab:operationTimeout\`, ${settings.operationTimeout} s (${settings.sources.operationTimeout ?? "default"}): raise it, or run it again`;
}

/** The next step where the answer to a POST is lost and nobody finds out what became of it. */
export function adviceOnLostAnswer(): string {
  return "Look at the project's agents (Operate > Kubernetes clusters) for what this request may have left, and run it again";
}

/** The next step after a status that this API is not known to answer. */
export function adviceOnUnexpected(status: number): string {
  return status === 405
    ? "Where the project was renamed or moved, use its new path, or its id"
    : "Check that the base URL is GitLab's own and not something in front of it";
}

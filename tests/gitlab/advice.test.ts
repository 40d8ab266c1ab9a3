import { resolveSettings, type Settings, type SettingsInput } from "../../provider/gitlab";
import { ADVICE_NAMES, adviceOn, missingCredential, type AdviceName } from "../../provider/gitlab/settings/advice";
import { describeTls } from "../../provider/gitlab/http/tlsError";

const VALUES: Record<string, string> = { baseUrl: "https://gitlab.internal", token: "glpat-1", maxRetries: "3" };

/** The place of the program: what runs it, and the sources of base URL, credential and number of tries. */
const PLACES = {
  "a plain refresh, by the stack's configuration": place("stack"),
  "an update, by the stack's configuration": place("stack", { programRuns: () => true }),
  "a plain refresh, by an explicit provider": place("provider", { provider: "internal" }),
  "a plain refresh, by the plugin's configuration": place("plugin", { namespace: "gitlab-agent" }),
  "an update, by an explicit provider": place("provider", { provider: "internal", programRuns: () => true }),
  "a plain refresh, by the environment": place("environment"),
  "a lookup, by the stack's configuration": place("stack", { caller: "lookup" }),
  "a lookup, by an explicit provider": place("provider", { caller: "lookup", provider: "internal" }),
  "a command": place("option", { caller: "command" }),
} satisfies Record<string, Settings>;
type Place = keyof typeof PLACES;

function place(
  where: "stack" | "plugin" | "provider" | "environment" | "option",
  more: Partial<SettingsInput> = {},
): Settings {
  const words = {
    stack: (key: string) => `\`gitlab:${key}\` in the stack's configuration`,
    plugin: (key: string) => `\`gitlab-agent:${key}\` in the stack's configuration`,
    provider: (key: string) => `argument \`${key}\` of provider "internal"`,
    environment: () => "",
    option: (key: string) => `the option --setting ${key}=…`,
  };
  const inEnvironment = { GITLAB_BASE_URL: VALUES["baseUrl"], GITLAB_TOKEN: VALUES["token"] };
  return resolveSettings({
    lookup: (key) => (where === "environment" || (where === "option" && key === "token") ? undefined : VALUES[key]),
    describe: words[where],
    env: where === "environment" ? inEnvironment : where === "option" ? { GITLAB_TOKEN: VALUES["token"] } : {},
    ...more,
  });
}

/** The key of a setting in that place, and the source of its value. */
function keyIn(where: Place, name: string, variable?: string): string {
  if (where === "a command") return `\`--setting ${name}=…\``;
  if (where.endsWith("an explicit provider")) return `argument \`${name}\` of provider "internal"`;
  const namespace = where.endsWith("the plugin's configuration") ? "gitlab-agent" : "gitlab";
  return where.endsWith("the environment") && variable !== undefined ? variable : `\`${namespace}:${name}\``;
}
function sourceIn(where: Place, name: "baseUrl" | "token"): string {
  if (where === "a command" && name === "token") return "the environment variable GITLAB_TOKEN";
  if (where === "a command") return `the option --setting ${name}=…`;
  if (where.endsWith("the environment"))
    return `the environment variable ${name === "token" ? "GITLAB_TOKEN" : "GITLAB_BASE_URL"}`;
  return where.endsWith("an explicit provider")
    ? keyIn(where, name)
    : `${keyIn(where, name)} in the stack's configuration`;
}

const STATE: Partial<Record<Place, string>> = {
  "a plain refresh, by the stack's configuration": "the configuration saved in the state",
  "a plain refresh, by the plugin's configuration": "the configuration saved in the state",
  "a plain refresh, by an explicit provider": 'provider "internal" as saved in the state',
  "a plain refresh, by the environment": "the configuration saved in the state",
};
/** The sentence about the settings that the state saved, for a setting that may come from an environment variable. */
function saved(where: Place, variable?: string): string {
  const state = STATE[where];
  if (state === undefined || (variable !== undefined && where.endsWith("the environment"))) return "";
  return `. Plain \`pulumi refresh\` and \`pulumi destroy\` use ${state}: after a change add \`--run-program\``;
}
function savedCredential(where: Place): string {
  const out = where.endsWith("an explicit provider") ? "the provider's arguments" : "the configuration";
  return saved(where, "GITLAB_TOKEN").replace(
    /after a change add `--run-program`/,
    `where the credential was changed since, add \`--run-program\`, or keep the credential out of ${out} and in GITLAB_TOKEN`,
  );
}

const cameFrom = (where: Place) => `The credential came from ${sourceIn(where, "token")}`;
const base = (where: Place) => `https://gitlab.internal, ${sourceIn(where, "baseUrl")}`;
const savedAddress = (where: Place) => saved(where, "GITLAB_BASE_URL");

/** For each failure: its advice in each place. */
const ROWS: Record<AdviceName, (where: Place) => string> = {
  validation: () =>
    "GitLab rejected the request, and nothing was changed: correct the argument that it names, and run it again",
  authentication: (where) =>
    `${cameFrom(where)}: check that it is a GitLab access token for this host, not expired or revoked${savedCredential(where)}`,
  permission: (where) =>
    `Writing agents and tokens needs the role Maintainer or higher in the project. ${cameFrom(where)}`,
  notFound: (where) =>
    `GitLab answers 404 both for what does not exist and for what the credential may not see: check the project and the credential's membership in it. ${cameFrom(where)}`,
  rateLimit: (where) =>
    // In the environment the number of tries is not set, so the time limit ends the tries.
    `Run it again later, or raise ${where.endsWith("the environment") ? "" : `${keyIn(where, "maxRetries")} and `}${keyIn(where, "operationTimeout")}; fewer requests at once: ${keyIn(where, "maxConcurrency")}${saved(where)}`,
  server: () => "GitLab, or something in front of it, is failing: run it again later",
  network: (where) => `Check the base URL (${base(where)}), the network, and run it again${savedAddress(where)}`,
  foreignResponse: (where) =>
    `Something in front of GitLab may have answered in its place, such as a sign-in or maintenance page: check the base URL (${base(where)}), and how programs can get past that page${savedAddress(where)}`,
  pageInstead: (where) =>
    `Two tries in a row got a web page, so the base URL (${base(where)}) is probably not GitLab's address: check host, port and sub-path (the API must answer at https://gitlab.internal/api/v4/version), or how programs get past a sign-in page in front of GitLab${savedAddress(where)}`,
  otherHost: (where) =>
    `Set ${keyIn(where, "baseUrl", "GITLAB_BASE_URL")} (now ${base(where)}) to the address that GitLab uses for itself${savedAddress(where)}`,
  redirectCircle: (where) =>
    `Too many redirects: check ${keyIn(where, "baseUrl", "GITLAB_BASE_URL")}${savedAddress(where)}`,
  redirectedWrite: () =>
    "Only reads follow a redirect. Where the project was renamed or moved, use its new path, or its id",
  time: (where) =>
    `The limit is ${keyIn(where, "operationTimeout")}, 300 s (default): raise it, or run it again${saved(where)}`,
  lostResponse: () =>
    "Look at the project's agents (Operate > Kubernetes clusters) for what this request may have left, and run it again",
  unexpected: (where) => `Check that the base URL (${base(where)}) is GitLab's own and not something in front of it`,
};

const places = Object.entries(PLACES) as [Place, Settings][];
const facts = { method: "POST", path: "/api/v4/projects/1/cluster_agents", status: 418, text: "403 Forbidden" };

describe("the next step fits the command that runs and the source of the setting", () => {
  it.each(ADVICE_NAMES)("%s", (name) => {
    for (const [where, settings] of places) {
      expect({ where, advice: adviceOn(name, settings, facts) }).toEqual({ where, advice: ROWS[name](where) });
    }
  });

  it("a 403 for a missing scope mentions neither roles nor the state's settings", () => {
    for (const [where, settings] of places) {
      expect(adviceOn("permission", settings, { ...facts, text: '{"error":"insufficient_scope"}' })).toBe(
        `The access token lacks the scope \`api\`: use one that has it. ${cameFrom(where)}`,
      );
    }
  });

  it("a job token is named as one, with its source", () => {
    const settings = resolveSettings({
      lookup: () => undefined,
      describe: String,
      env: { GITLAB_TOKEN: "job", CI_JOB_TOKEN: "job" },
    });
    expect(adviceOn("authentication", settings)).toBe(
      "The credential came from the environment variable GITLAB_TOKEN. A CI job token (CI_JOB_TOKEN) cannot call this API: use a personal, project or group access token with the scope `api`",
    );
  });

  it("the error of a missing credential names the places where it can be set", () => {
    const give = "Give an access token with the scope `api` by";
    const stack = (namespace: string) =>
      `${give} \`pulumi config set --secret ${namespace}:token\`, by the environment variable GITLAB_TOKEN, or by the argument \`token\` of an explicit Provider`;
    const provider = `${give} the argument \`token\` of provider "internal" or by the environment variable GITLAB_TOKEN; the stack's configuration does not serve an explicit Provider`;
    const expected = (where: Place): string => {
      if (where === "a command") return `${give} the environment variable GITLAB_TOKEN`;
      const places = where.endsWith("an explicit provider")
        ? provider
        : stack(where.endsWith("the plugin's configuration") ? "gitlab-agent" : "gitlab");
      return `${places}${where.endsWith("the environment") ? "" : savedCredential(where)}`;
    };
    for (const [where, settings] of places) {
      if (where.endsWith("the environment")) continue;
      const without = { ...settings, token: undefined, sources: { ...settings.sources, token: "default" } };
      expect({ where, advice: missingCredential(without).advice }).toEqual({ where, advice: expected(where) });
    }
  });

  const company = "Where GitLab's certificate comes from a company CA, give the CA's certificate by";
  it.each<[string, string, (where: Place) => string]>([
    [
      "an unknown CA",
      "SELF_SIGNED_CERT_IN_CHAIN",
      (where) =>
        `${company} ${keyIn(where, "caCertFile")}; ${keyIn(where, "insecure")} skips the check, but somebody on the network could then read the credential${saved(where)}`,
    ],
    [
      "a certificate that has expired",
      "CERT_HAS_EXPIRED",
      (where) =>
        `Have the certificate renewed; ${keyIn(where, "insecure")} skips the check until then, but somebody on the network could then read the credential${saved(where)}`,
    ],
    ["a clock that is wrong", "CERT_NOT_YET_VALID", () => "Check this machine's clock"],
    [
      "another host",
      "ERR_TLS_CERT_ALTNAME_INVALID",
      (where) =>
        `Use the host name that the certificate names in ${keyIn(where, "baseUrl", "GITLAB_BASE_URL")}${savedAddress(where)}`,
    ],
    [
      "a certificate of ours that is wanted",
      "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED",
      (where) =>
        `Where GitLab's host asks for a client certificate, give one that it trusts by ${keyIn(where, "clientCertFile")} and ${keyIn(where, "clientKeyFile")}${saved(where)}`,
    ],
    [
      "a trouble without a name",
      "EPROTO",
      (where) =>
        `Check ${keyIn(where, "baseUrl", "GITLAB_BASE_URL")}, ${keyIn(where, "caCertFile")} and ${keyIn(where, "clientCertFile")}${saved(where)}`,
    ],
  ])("TLS: %s", (_, code, expected) => {
    for (const [where, settings] of places) {
      expect({ where, advice: describeTls(code, "", settings).advice }).toEqual({ where, advice: expected(where) });
    }
  });

  it("TLS: a host without TLS, and a proxy with a company's certificate", () => {
    const proxy = { address: "https://proxy.example.com", variable: "HTTPS_PROXY" } as Parameters<
      typeof describeTls
    >[3];
    for (const [where, settings] of places) {
      expect(describeTls("EPROTO", "wrong version number", settings).advice).toBe(
        `Check scheme and port of ${keyIn(where, "baseUrl", "GITLAB_BASE_URL")}: is it http?${savedAddress(where)}`,
      );
      expect(describeTls("SELF_SIGNED_CERT_IN_CHAIN", "", settings, proxy).advice).toBe(
        `Where the proxy's certificate comes from a company CA, give the CA's certificate by ${keyIn(where, "caCertFile")}, or exempt GitLab's host by NO_PROXY${saved(where)}`,
      );
    }
  });
});

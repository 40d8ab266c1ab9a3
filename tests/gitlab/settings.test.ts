import {
  ConfigurationError,
  describeSettings,
  insecureWarning,
  likelyMeant,
  SETTING_NAMES,
} from "../../provider/gitlab";
import { settings } from "./client";

describe("settings", () => {
  it("has the documented defaults", () => {
    expect(settings({})).toMatchObject({
      baseUrl: "https://gitlab.com",
      token: undefined,
      insecure: false,
      headers: {},
      requestTimeout: 30,
      operationTimeout: 300,
      maxRetries: 8,
      maxConcurrency: 8,
      debug: false,
      jobToken: false,
    });
  });

  it("prefers what is configured to the environment, and GITLAB_BASE_URL to CI_API_V4_URL", () => {
    const env = {
      GITLAB_TOKEN: "from-env",
      GITLAB_BASE_URL: "https://env.example.com",
      CI_API_V4_URL: "https://ci/api/v4",
    };
    expect(settings({ token: "from-config", baseUrl: "https://config.example.com" }, env)).toMatchObject({
      token: "from-config",
      baseUrl: "https://config.example.com",
    });
    expect(settings({}, env)).toMatchObject({ token: "from-env", baseUrl: "https://env.example.com" });
    expect(settings({}, { CI_API_V4_URL: "https://ci.example.com/gitlab/api/v4" }).baseUrl).toBe(
      "https://ci.example.com/gitlab",
    );
  });

  it("says where each value came from", () => {
    const { sources } = settings({ requestTimeout: "5" }, { GITLAB_TOKEN: "from-env" });
    expect(sources).toMatchObject({
      requestTimeout: "`gitlab:requestTimeout` in the stack's configuration",
      token: "the environment variable GITLAB_TOKEN",
      baseUrl: "default",
    });
    expect(Object.keys(sources).sort()).toEqual([...SETTING_NAMES].sort());
  });

  it("passes over empty values and blanks around a value", () => {
    expect(settings({ token: "  ", baseUrl: "" }, { GITLAB_TOKEN: "from-env\n" })).toMatchObject({
      token: "from-env",
      baseUrl: "https://gitlab.com",
    });
  });

  it.each([
    ["https://host", "https://host"],
    ["https://host/", "https://host"],
    ["https://host/api/v4", "https://host"],
    ["https://host/api/v4/", "https://host"],
    ["https://host/gitlab", "https://host/gitlab"],
    ["https://host/gitlab/api/v4//", "https://host/gitlab"],
    ["https://HOST:8443/", "https://host:8443"],
    ["https://host:443", "https://host"],
    ["http://[::1]:3000/api/v4", "http://[::1]:3000"],
  ])("brings the base URL %s to %s", (given, normal) => {
    expect(settings({ baseUrl: given }).baseUrl).toBe(normal);
  });

  it.each([
    ["gitlab.example.com", /not a URL/],
    ["gitlab.example.com:8443", /https:\/\/ or http:\/\//],
    ["ftp://host", /https:\/\/ or http:\/\//],
    ["https://user:hunter2hunter2@host", /credentials/],
    ["https://host/?private_token=hunter2hunter2", /query/],
    ["https://host/#x", /fragment/],
    ["https://host?", /query/],
  ])("refuses the base URL %s without showing what may be secret", (given, why) => {
    const attempt = (): unknown => settings({ baseUrl: given });
    expect(attempt).toThrow(ConfigurationError);
    expect(attempt).toThrow(why);
    expect(attempt).toThrow(/`gitlab:baseUrl` in the stack's configuration/);
    expect(attempt).not.toThrow(/hunter2/);
  });

  it.each([
    [{ requestTimeout: "soon" }, /`requestTimeout`.*seconds/],
    [{ requestTimeout: "0" }, /above 0/],
    [{ operationTimeout: "-1" }, /above 0/],
    [{ operationTimeout: "99999999" }, /seconds/],
    [{ maxRetries: "1.5" }, /whole number/],
    [{ maxConcurrency: "0" }, /from 1/],
    [{ insecure: "maybe" }, /true or false/],
    [{ headers: "X-A: secret-value" }, /JSON object/],
    [{ headers: '["secret-value"]' }, /JSON object/],
    [{ headers: '{"X-A": {"b": "secret-value"}}' }, /"X-A"/],
    [{ headers: '{"X A": "secret-value"}' }, /HTTP does not allow/],
    [{ headers: '{"X-A": "secret-value\\n"}' }, /HTTP does not allow/],
    [{ headers: '{"private-token": "secret-value"}' }, /client sets itself/],
    [{ token: "secret-value with a space" }, /`token`.*not shown/],
    [{ clientCertFile: "/c.pem" }, /clientKeyFile/],
    [{ clientKeyFile: "/k.pem" }, /clientCertFile/],
  ])("refuses %j", (values, why) => {
    const attempt = (): unknown => settings(values);
    expect(attempt).toThrow(ConfigurationError);
    expect(attempt).toThrow(why);
    expect(attempt).not.toThrow(/secret-value/);
  });

  it("takes fractions of a second, no retries at all, and headers of every plain kind", () => {
    expect(settings({ requestTimeout: "0.2", maxRetries: "0", headers: '{"X-A":"b","X-N":1}' })).toMatchObject({
      requestTimeout: 0.2,
      maxRetries: 0,
      headers: { "X-A": "b", "X-N": "1" },
    });
  });

  it("knows a job token where it is all there is", () => {
    expect(settings({}, { CI_JOB_TOKEN: "job" }).jobToken).toBe(true);
    expect(settings({}, { CI_JOB_TOKEN: "job", GITLAB_TOKEN: "job" }).jobToken).toBe(true);
    expect(settings({}, { CI_JOB_TOKEN: "job", GITLAB_TOKEN: "glpat" }).jobToken).toBe(false);
  });

  it("switches debugging on by its own variable", () => {
    expect(settings({}, { PULUMI_GITLAB_AGENT_DEBUG: "1" }).debug).toBe(true);
    expect(settings({ debug: "false" }, { PULUMI_GITLAB_AGENT_DEBUG: "1" }).debug).toBe(false);
  });

  it("describes itself with sources and without secrets", () => {
    const text = describeSettings(settings({ token: "canary-token", headers: '{"X-A":"canary-header"}' }));
    expect(text).toContain("token [secret] (`gitlab:token` in the stack's configuration)");
    expect(text).toContain("headers X-A: [secret]");
    expect(text).toContain("maxRetries 8 (default)");
    expect(text).not.toContain("canary");
  });

  it("warns while TLS checks are off, and then only", () => {
    expect(insecureWarning(settings({}))).toBeUndefined();
    expect(insecureWarning(settings({ insecure: "true" }))).toMatch(
      /https:\/\/gitlab.com are off.*`gitlab:caCertFile`/,
    );
  });
});

describe("likelyMeant", () => {
  it.each([
    ["base_url", "baseUrl"],
    ["baseURL", "baseUrl"],
    ["base-url", "baseUrl"],
    ["url", "baseUrl"],
    ["accessToken", "token"],
    ["apiToken", "token"],
    ["private_token", "token"],
    ["tokn", "token"],
    ["cacertFile", "caCertFile"],
    ["clientCert", "clientCertFile"],
    ["clientKey", "clientKeyFile"],
    ["insecur", "insecure"],
    ["maxRetry", "maxRetries"],
    ["max_retires", "maxRetries"],
    ["requestTimout", "requestTimeout"],
    ["operation_timeout", "operationTimeout"],
    ["maxConcurency", "maxConcurrency"],
  ])("takes %s for %s", (key, name) => {
    expect(likelyMeant(key)).toBe(name);
  });

  it.each([...SETTING_NAMES, "earlyAuthCheck", "retries", "configFile", "context", "enableAutoCiSupport"])(
    "leaves %s alone",
    (key) => {
      expect(likelyMeant(key)).toBeUndefined();
    },
  );

  it.each(["project", "agentName", "receptive", "team", "constructor", "__proto__", ""])(
    "sees nothing of ours in %j",
    (key) => {
      expect(likelyMeant(key)).toBeUndefined();
    },
  );
});

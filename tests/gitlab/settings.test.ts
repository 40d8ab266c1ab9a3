import {
  ConfigurationError,
  describeSettings,
  insecureWarning,
  likelyMeant,
  plainHttpWarning,
  resolveSettings,
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

  it("prefers configuration to the environment, and GITLAB_BASE_URL to CI_API_V4_URL", () => {
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

  it("names the source of each value", () => {
    const { sources } = settings({ requestTimeout: "5" }, { GITLAB_TOKEN: "from-env" });
    expect(sources).toMatchObject({
      requestTimeout: "`gitlab:requestTimeout` in the stack's configuration",
      token: "the environment variable GITLAB_TOKEN",
      baseUrl: "default",
    });
    expect(Object.keys(sources).sort()).toEqual([...SETTING_NAMES].sort());
  });

  it("removes blanks around a value", () => {
    expect(settings({ baseUrl: " https://host " }, { GITLAB_TOKEN: "from-env\n" })).toMatchObject({
      token: "from-env",
      baseUrl: "https://host",
    });
  });

  it.each([
    ...SETTING_NAMES.map((name) => [
      { [name]: "" },
      {},
      `\`${name}\` from \`gitlab:${name}\` in the stack's configuration`,
    ]),
    [{ token: " \t" }, { GITLAB_TOKEN: "from-env" }, "`token` from `gitlab:token` in the stack's configuration"],
    [{ clientCert: "" }, {}, "`clientCertFile` from `gitlab:clientCert` in the stack's configuration"],
    [{}, { GITLAB_TOKEN: "" }, "`token` from the environment variable GITLAB_TOKEN"],
    [
      {},
      { GITLAB_BASE_URL: "", CI_API_V4_URL: "https://ci" },
      "`baseUrl` from the environment variable GITLAB_BASE_URL",
    ],
    [{}, { CI_API_V4_URL: " " }, "`baseUrl` from the environment variable CI_API_V4_URL"],
    [{}, { PULUMI_GITLAB_AGENT_DEBUG: "" }, "`debug` from the environment variable PULUMI_GITLAB_AGENT_DEBUG"],
  ] as [Record<string, string>, Record<string, string>, string][])(
    "refuses %j with %j, which is empty",
    (values, env, where) => {
      const attempt = (): unknown => settings(values, env);
      expect(attempt).toThrow(ConfigurationError);
      expect(attempt).toThrow(`The setting ${where} is empty. Give it a value, or remove it`);
    },
  );

  it("does not read an empty variable if the setting is configured", () => {
    expect(settings({ token: "t", baseUrl: "https://host" }, { GITLAB_TOKEN: "", GITLAB_BASE_URL: "" })).toMatchObject({
      token: "t",
      baseUrl: "https://host",
    });
  });

  it.each([
    ["cacertFile", "caCertFile"],
    ["clientCert", "clientCertFile"],
    ["clientKey", "clientKeyFile"],
  ] as const)("reads `gitlab:%s`, which Pulumi's GitLab provider has, as `%s`", (alias, name) => {
    const pair = { clientCertFile: "/c.pem", clientKeyFile: "/k.pem" };
    const others = Object.fromEntries(Object.entries(pair).filter(([each]) => each !== name && name !== "caCertFile"));
    expect(settings({ ...others, [alias]: "/alias.pem" })).toMatchObject({
      [name]: "/alias.pem",
      sources: { [name]: `\`gitlab:${alias}\` in the stack's configuration` },
    });
    expect(settings({ ...others, [alias]: "/alias.pem", [name]: "/own.pem" })).toMatchObject({ [name]: "/own.pem" });
    expect(likelyMeant(alias)).toBeUndefined();
  });

  it.each([
    [["base_url"], {}, true],
    [["baseURL", "token"], {}, true],
    [["url"], { GITLAB_BASE_URL: "https://env.example.com" }, true],
    [["base_url"], { CI_API_V4_URL: "https://ci.example.com" }, true],
    [["base_url", "baseUrl"], {}, false],
    [["accessToken", "cacertfile", "team"], {}, false],
  ])("with the keys %j and the environment %j: is the address misspelt? %j", (keys, env, refused) => {
    const attempt = (): unknown =>
      resolveSettings({
        lookup: (name) => (name === "baseUrl" && keys.includes(name) ? "https://host" : undefined),
        describe: (name) => `\`gitlab:${name}\` in the stack's configuration`,
        env,
        keys,
      });
    if (!refused) expect(attempt).not.toThrow();
    else {
      expect(attempt).toThrow(ConfigurationError);
      expect(attempt).toThrow(
        `\`gitlab:${keys[0]}\` in the stack's configuration is not a setting of pulumi-gitlab-agent, and \`baseUrl\` is not given there, so the credential could go to another GitLab. Rename \`${keys[0]}\` to \`baseUrl\``,
      );
    }
  });

  it.each([
    // provider's settings, environment, the stack's address, refused?
    [{ token: "t" }, {}, "https://gitlab.example.com", true],
    [{ token: "t" }, { GITLAB_BASE_URL: "https://other.example.com" }, "https://gitlab.example.com", true],
    [{ token: "t" }, { GITLAB_BASE_URL: "https://gitlab.example.com/api/v4/" }, "https://gitlab.example.com", false],
    [{ token: "t" }, {}, "https://gitlab.com/", false],
    [{ token: "t" }, {}, "no address", true],
    [{ token: "t" }, {}, undefined, false],
    [{ token: "t", baseUrl: "https://partner.example.com" }, {}, "https://gitlab.example.com", false],
    [{}, { GITLAB_TOKEN: "t" }, "https://gitlab.example.com", false],
  ] as [Record<string, string>, Record<string, string>, string | undefined, boolean][])(
    "an explicit provider with %j, the environment %j and the stack's address %j: refused? %j",
    (values, env, stackBaseUrl, refused) => {
      const attempt = (): unknown =>
        resolveSettings({
          lookup: (name) => values[name],
          describe: (name) => `argument \`${name}\` of provider "partner"`,
          env,
          provider: "partner",
          ...(stackBaseUrl === undefined ? {} : { stackBaseUrl }),
        });
      if (!refused) expect(attempt).not.toThrow();
      else
        expect(attempt).toThrow(
          /^Provider "partner" has a `token` and no `baseUrl`: its credential would go to https:/,
        );
    },
  );

  it.each([
    ["http://gitlab.example.com", true],
    ["http://10.0.0.7:8080/gitlab", true],
    ["http://[fd00::7]", true],
    ["http://127.evil.example.com", true],
    ["http://localhost:3000", false],
    ["http://gdk.localhost:3000", false],
    ["http://127.0.0.1:3000", false],
    ["http://127.8.9.10", false],
    ["http://[::1]:3000", false],
    ["https://gitlab.example.com", false],
  ])("%s sends the credential unencrypted to another machine? %j", (baseUrl, warned) => {
    const warning = plainHttpWarning(settings({ baseUrl }));
    if (!warned) expect(warning).toBeUndefined();
    else expect(warning).toContain(`${baseUrl} (\`gitlab:baseUrl\` in the stack's configuration) begins with http://`);
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
  ])("changes the base URL %s to %s", (given, normal) => {
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
  ])("refuses the base URL %s without showing a possible secret", (given, why) => {
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

  it("accepts fractions of a second, no retries, and headers with plain values", () => {
    expect(settings({ requestTimeout: "0.2", maxRetries: "0", headers: '{"X-A":"b","X-N":1}' })).toMatchObject({
      requestTimeout: 0.2,
      maxRetries: 0,
      headers: { "X-A": "b", "X-N": "1" },
    });
  });

  it("uses a job token only if there is no other credential", () => {
    expect(settings({}, { CI_JOB_TOKEN: "job" }).jobToken).toBe(true);
    expect(settings({}, { CI_JOB_TOKEN: "job", GITLAB_TOKEN: "job" }).jobToken).toBe(true);
    expect(settings({}, { CI_JOB_TOKEN: "job", GITLAB_TOKEN: "glpat" }).jobToken).toBe(false);
  });

  it("switches on debugging by its own variable", () => {
    expect(settings({}, { PULUMI_GITLAB_AGENT_DEBUG: "1" }).debug).toBe(true);
    expect(settings({ debug: "false" }, { PULUMI_GITLAB_AGENT_DEBUG: "1" }).debug).toBe(false);
  });

  it("describes the settings with sources and without secrets", () => {
    const text = describeSettings(settings({ token: "canary-token", headers: '{"X-A":"canary-header"}' }));
    expect(text).toContain("token [secret] (`gitlab:token` in the stack's configuration)");
    expect(text).toContain("headers X-A: [secret]");
    expect(text).toContain("maxRetries 8 (default)");
    expect(text).not.toContain("canary");
  });

  it("warns if TLS checks are off, and only then", () => {
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
    ["caCert", "caCertFile"],
    ["client_cert", "clientCertFile"],
    ["client-key", "clientKeyFile"],
    ["insecur", "insecure"],
    ["maxRetry", "maxRetries"],
    ["max_retires", "maxRetries"],
    ["requestTimout", "requestTimeout"],
    ["operation_timeout", "operationTimeout"],
    ["maxConcurency", "maxConcurrency"],
  ])("suggests for %s the setting %s", (key, name) => {
    expect(likelyMeant(key)).toBe(name);
  });

  it.each([...SETTING_NAMES, "earlyAuthCheck", "retries", "configFile", "context", "enableAutoCiSupport"])(
    "suggests nothing for %s",
    (key) => {
      expect(likelyMeant(key)).toBeUndefined();
    },
  );

  it.each(["project", "agentName", "receptive", "team", "constructor", "__proto__", ""])(
    "finds no setting of ours in %j",
    (key) => {
      expect(likelyMeant(key)).toBeUndefined();
    },
  );
});

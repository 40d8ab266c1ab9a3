import * as pulumi from "@pulumi/pulumi";
import {
  getAgentToken,
  getClusterAgent,
  getClusterAgents,
  getKas,
  getKasOutput,
  getReceptiveUrlConfigs,
  LookupError,
  Provider,
} from "pulumi-gitlab-agent";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { repository } from "../support/repository";
import { cleanEnvironment, runCommand } from "../support/processes";

let gitlab: Simulator;
const before = { ...process.env };
beforeAll(async () => {
  gitlab = await startSimulator();
  await pulumi.runtime.setMocks({
    newResource: ({ name }) => ({ id: name, state: {} }),
    call: () => ({}),
  });
});
afterAll(() => gitlab.close());
beforeEach(() => {
  gitlab.reset();
  for (const name of ["GITLAB_TOKEN", "GITLAB_BASE_URL", "CI_API_V4_URL", "CI_JOB_TOKEN"]) delete process.env[name];
});
afterEach(() => {
  pulumi.runtime.setAllConfig({});
  Object.assign(process.env, before);
});

const token = (): string => gitlab.tokens["guest"] ?? "";

/** The result or error of a lookup with this stack configuration, environment and provider. */
async function outcome(
  config: Record<string, string>,
  env: Record<string, string> = {},
  provider?: () => Provider,
): Promise<string> {
  pulumi.runtime.setAllConfig(config);
  Object.assign(process.env, env);
  try {
    const kas = await getKas(provider === undefined ? {} : { provider: provider() });
    return `answered ${kas.externalUrl}`;
  } catch (error) {
    if (error instanceof LookupError || pulumi.RunError.isInstance(error)) return error.message;
    throw error;
  }
}

const SUCCESS = "answered wss://kas.gitlab.example.com";

describe("a lookup reports wrong settings, and sends nothing", () => {
  test.each([
    [
      { "gitlab:base_url": "x" },
      {},
      /^`gitlab:base_url` in the stack's configuration is not a setting.*another GitLab/,
    ],
    [
      { "gitlab:baseUrl": "" },
      {},
      /^The setting `baseUrl` from `gitlab:baseUrl` in the stack's configuration is empty/,
    ],
    [{}, { GITLAB_BASE_URL: "" }, /^The setting `baseUrl` from the environment variable GITLAB_BASE_URL is empty/],
    [{ "gitlab:baseUrl": "ftp://host" }, {}, /does not start with https:\/\/ or http:\/\//],
    [{ "gitlab:baseUrl": "gitlab.example.com" }, {}, /is not a URL: it must start with https/],
    [{ "gitlab:baseUrl": "https://me:word@host" }, {}, /holds credentials/],
    [
      { "gitlab:clientCert": "/c.pem" },
      {},
      /from `gitlab:clientCert` in the stack's configuration needs `clientKeyFile`/,
    ],
  ] as [Record<string, string>, Record<string, string>, RegExp][])(
    "%j with the environment %j",
    async (config, env, words) => {
      expect(await outcome({ "gitlab:token": token(), ...config }, env)).toMatch(words);
      expect(gitlab.requests).toEqual([]);
    },
  );

  test("no credential: the error names the provider without one, and the places where it can be set", async () => {
    expect(await outcome({ "gitlab:baseUrl": gitlab.url })).toMatch(
      /there is no GitLab credential\. .*`pulumi config set --secret gitlab:token`.*GITLAB_TOKEN/,
    );
    const bare = () => new Provider("partner", { baseUrl: gitlab.url });
    expect(await outcome({ "gitlab:token": token() }, {}, bare)).toMatch(
      /there is no GitLab credential for provider "partner"\. .*argument `token` of provider "partner" or by the environment variable GITLAB_TOKEN/,
    );
    expect(gitlab.requests).toEqual([]);
  });
});

describe("an explicit provider with a token and without an address", () => {
  const config = () => ({ "gitlab:baseUrl": gitlab.url });
  const outputs = { of: (value: unknown) => pulumi.output(value) as pulumi.Output<string> };
  test.each([
    ["none", {}, true],
    ["an output of null", { baseUrl: outputs.of(null) }, true],
    ["an output of nothing", { baseUrl: outputs.of(undefined) }, true],
  ])("is refused if the stack has another address: %s", async (_, args, refused) => {
    const text = await outcome(config(), {}, () => new Provider("partner", { token: token(), ...args }));
    expect(
      text.startsWith(
        'Provider "partner" has a `token` and no `baseUrl`: its credential would go to https://gitlab.com',
      ),
    ).toBe(refused);
    expect(gitlab.requests).toEqual([]);
  });

  test("is accepted if the environment has the address of the stack's GitLab, or the token is not its own", async () => {
    const env = { GITLAB_BASE_URL: `${gitlab.url}/api/v4/` };
    expect(await outcome(config(), env, () => new Provider("same", { token: token() }))).toBe(SUCCESS);
    const absent = outputs.of(null);
    const with_ = { GITLAB_TOKEN: token(), GITLAB_BASE_URL: gitlab.url };
    const stack = { "gitlab:baseUrl": "https://gitlab.example.com" };
    expect(await outcome(stack, with_, () => new Provider("environment", { token: absent }))).toBe(SUCCESS);
  });
});

test('an output of null or undefined counts as absent: the text "null" becomes no credential, file or header', async () => {
  const absent = pulumi.output(null) as unknown as pulumi.Output<string>;
  const none = { caCertFile: absent, clientCertFile: absent, clientKeyFile: absent, maxRetries: absent as never };
  const provider = new Provider("null", {
    baseUrl: gitlab.url,
    token: absent,
    insecure: pulumi.output(undefined) as never,
    headers: { "X-Site": pulumi.output("one"), "X-None": absent },
    ...none,
  });
  expect(await outcome({}, { GITLAB_TOKEN: token() }, () => provider)).toBe(SUCCESS);
  expect(gitlab.requests.map(({ headers }) => [headers["x-site"], headers["x-none"]])).toEqual([["one", undefined]]);
});

test("an unknown argument of Provider is an error, whatever its value, with a suggestion", () => {
  const create = (args: object) => () => new Provider("partner", args);
  expect(create({ baseURL: gitlab.url })).toThrow(
    /^Provider "partner" has a problem: `baseURL` is not.*Did you mean `baseUrl`\?/,
  );
  expect(create({ baseURL: undefined })).toThrow(/`baseURL` is not an argument of Provider/);
  expect(create({ cacertFile: "x" })).toThrow(/Its arguments are `baseUrl`, `token`, /);
  expect(create({ team: "x" })).toThrow(pulumi.RunError);
  expect(create({})).not.toThrow();
});

test("a credential that is unknown in a preview is no error", async () => {
  const unknown = new (pulumi.Output as unknown as new (...args: unknown[]) => pulumi.Output<string>)(
    [],
    Promise.resolve(undefined),
    Promise.resolve(false),
    Promise.resolve(false),
    Promise.resolve([]),
  );
  const provider = new Provider("later", { baseUrl: gitlab.url, token: unknown });
  const later = getKasOutput({ provider }) as unknown as { isKnown: Promise<boolean> };
  expect(await later.isKnown).toBe(false);
});

describe("a lookup checks its arguments like a resource, all at once and before anything is sent", () => {
  test.each([
    [() => getClusterAgents({ project: "https://gitlab.com/group/app" }), /`project` is a web address/],
    [() => getClusterAgents({ project: "app" }), /`project` names no group/],
    [() => getClusterAgents({ Project: 42 } as never), /`Project` is not an argument.*Did you mean `project`\?/],
    [
      () => getAgentToken({ project: "a//b", agentId: 1, tokenID: 2 } as never),
      /Did you mean `tokenId`\?.*; `project` is not/,
    ],
    [() => getClusterAgent({ project: 42, name: "Prod" }), /`name` has "P" at position 1/],
    [() => getReceptiveUrlConfigs({ project: 42, agentID: 7 } as never), /Did you mean `agentId`\?/],
  ] as [() => Promise<unknown>, RegExp][])("%s", async (lookup, words) => {
    pulumi.runtime.setAllConfig({ "gitlab:baseUrl": gitlab.url, "gitlab:token": token() });
    await expect(lookup()).rejects.toThrow(words);
    await expect(lookup()).rejects.toBeInstanceOf(LookupError);
    expect(gitlab.requests).toEqual([]);
  });
});

test("a lookup that fails at once, beside a running one, causes no warning about a rejection that was handled late", async () => {
  const slow = await startSimulator({ latency: 300 });
  try {
    const program = `
      const pulumi = require("@pulumi/pulumi");
      process.on("unhandledRejection", () => undefined);
      process.on("warning", (warning) => console.log("WARNING " + warning.name));
      (async () => {
        await pulumi.runtime.setMocks({ newResource: ({ name }) => ({ id: name, state: {} }), call: () => ({}) });
        await pulumi.runtime.runInPulumiStack(async () => {
          const { getClusterAgents, getKas } = require("pulumi-gitlab-agent");
          return {
            first: getKas().then((kas) => kas.version),
            second: getClusterAgents({ project: "https://gitlab.com/group/app" }).then((agents) => agents.length),
          };
        });
      })().catch((error) => console.log("END " + error.message));
    `;
    const env = cleanEnvironment({ GITLAB_BASE_URL: slow.url, GITLAB_TOKEN: slow.tokens["guest"] });
    const { stdout } = await runCommand(process.execPath, ["-e", program], { cwd: repository, env, limit: 60 });
    expect(stdout).toMatch(/END `getClusterAgents` has a problem: `project` is a web address/);
    expect(stdout).not.toContain("WARNING");
  } finally {
    await slow.close();
  }
});

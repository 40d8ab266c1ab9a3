import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getClusterAgentOutput, type ProviderArgs } from "pulumi-gitlab-agent";
import { startSimulator, type Role, type Simulator, type SimulatorOptions } from "pulumi-gitlab-agent/simulator";
import { attaching, detach } from "../support/bothDoors";
import { withWatchedStack, type Canaries } from "../support/canary";
import { errorOf, expectEntry } from "../support/catalogue";
import { AgentConnection, AgentToken, ClusterAgent, Provider, ReceptiveUrlConfig } from "../support/declared";
import { certificateAuthority } from "../support/certificates";
import { isNative } from "../support/door";
import type { EngineRun } from "../support/engine";

const attach = attaching();
const CREDENTIAL = "glpat-errors-canary";
const READER = "glpat-errors-reader-canary";
const folder = mkdtempSync(join(tmpdir(), "pulumi-gitlab-agent-errors-"));
const running: Simulator[] = [];
afterEach(() => Promise.all(running.splice(0).map((each) => each.close())));
afterAll(() => rmSync(folder, { recursive: true }));

/** A GitLab with one project for each error; `roles` has our user's role in each, maintainer by default. */
async function gitlabWith(
  names: string[],
  roles: Record<string, Role>,
  more: SimulatorOptions = {},
): Promise<Simulator> {
  const projects = names.map((name) => ({ path: `group/${name}`, licensed: name !== "unlicensed" }));
  const role = Object.fromEntries(names.map((name) => [`group/${name}`, roles[name] ?? ("maintainer" as const)]));
  const users = [
    { username: "platform", token: CREDENTIAL, role },
    { username: "reader", token: READER, role, scopes: ["read_api"] },
  ];
  const gitlab = await startSimulator({ projects, users, ...more });
  running.push(gitlab);
  return gitlab;
}

const inProject = (name: string, rest = "**"): string => `/projects/group%2F${name}/${rest}`;

const canaries = (): Canaries => ({
  "the credential": CREDENTIAL,
  "the reader's credential": READER,
  "the address's password": "canary-password",
  ...Object.fromEntries(
    running.flatMap(({ state }) => state.tokens.map((token) => [`agent token ${token.id}`, token.secret])),
  ),
});

/** Expects, under each resource, the text of each of its entries in docs/errors.md on one line, without a stack trace of ours. */
function expectEntries(run: EngineRun, entries: Record<string, string | readonly string[]>): void {
  for (const [resource, titles] of Object.entries(entries)) {
    const lines = errorOf(run, resource).split("\n");
    expect([resource, lines.length]).toEqual([resource, [titles].flat().length]);
    for (const [at, title] of [titles].flat().entries()) expectEntry(title, lines[at] ?? "");
  }
  expect(run.output).not.toMatch(/\n\s+at .*(pulumi-gitlab-agent|main\/dist|axios|provider\/)/);
}

const settings = (gitlab: Simulator, more: Record<string, string> = {}) => ({
  "gitlab:baseUrl": gitlab.url,
  "gitlab:token": { value: CREDENTIAL, secret: true },
  "gitlab:maxRetries": "1",
  ...more,
});

test("errors of creations", async () => {
  const names = ["app", "readers", "secret", "unlicensed", "refusing", "throttled", "moved", "lossy", "odd"];
  const gitlab = await gitlabWith(names, { readers: "developer", secret: "none" });
  const { faults, state } = gitlab;
  const { id: taken } = state.createAgent("group/app", "taken", 1);
  for (const name of ["blue", "green"]) state.createToken(taken, name, null, 1);
  state.setUrlConfiguration(taken, { url: "grpc://old:1" });
  const { id: bare } = state.createAgent("group/unlicensed", "bare", 1);
  const { id: moved } = state.project("group/moved");
  const always = { method: "POST", times: Infinity };
  const reserved = { message: '400 Bad request - ["Name is reserved"]' };
  faults.add({ ...always, kind: "status", path: inProject("refusing"), status: 400, body: reserved });
  faults.add({ ...always, kind: "rateLimit", path: inProject("throttled"), headers: false });
  faults.add({ ...always, kind: "dropBefore", path: inProject("lossy") });
  faults.add({ ...always, kind: "status", path: inProject("odd"), status: 418 });
  const location = `${gitlab.url}/api/v4/elsewhere`;
  faults.add({ ...always, kind: "redirect", path: `/projects/${moved}/**`, status: 307, location });

  const project = "group/app";
  const program = () => {
    new ClusterAgent("forbidden", { project: "group/readers" });
    new ClusterAgent("hidden", { project: "group/secret" });
    for (const name of ["refusing", "throttled", "lossy", "odd"]) new ClusterAgent(name, { project: `group/${name}` });
    new ClusterAgent("moved", { project: moved });
    new ClusterAgent("taken", { project });
    new AgentToken("two-tokens", { project, agentId: taken });
    new AgentToken("no-agent", { project, agentId: 999 });
    new AgentConnection("revoked", { project, agentId: taken, tokenId: 999 });
    new ReceptiveUrlConfig("second", { project, agentId: taken, url: "grpc://new:1" });
    new ReceptiveUrlConfig("off", { project: "group/unlicensed", agentId: bare, url: "grpc://new:1" });
    ClusterAgent.get("get-missing", "group/app:999");
    ClusterAgent.get("get-malformed", "seven");
    // The engine calls the plugin's functions: tests/plugin/protocol.test.ts.
    return Promise.resolve(isNative() ? {} : { absent: getClusterAgentOutput({ project, name: "absent" }).name });
  };
  await withWatchedStack({ program, config: settings(gitlab) }, canaries, async (stack) => {
    const run = await stack.up({ expectFailure: true, continueOnError: true });
    expectEntries(run, {
      forbidden: "403: the role does not suffice",
      hidden: "404: the project is hidden or absent",
      refusing: "GitLab rejected the request",
      throttled: "GitLab limits the number of requests",
      lossy: "The responses to a creation were lost",
      odd: "An unexpected status",
      moved: "A write is redirected",
      taken: "The agent's name is taken",
      "two-tokens": "The agent has two active tokens",
      "no-agent": "There is no such agent",
      revoked: "The token that is waited for is gone",
      second: "The agent already has a URL configuration",
      off: "Receptive agents are off",
      "get-missing": "Get: there is no such object",
      "get-malformed": "An invalid id",
    });
    const lookup = run.diagnostics
      .flatMap((text) => text.split("\n"))
      .filter((line) => line.includes("Could not find"));
    if (!isNative()) expectEntry("A lookup by name finds nothing", [...new Set(lookup)].join("\n"));
    expect(state.agents.map(({ name }) => name)).toEqual(["taken", "bare"]);
  });
});

test("errors of settings", async () => {
  const gitlab = await gitlabWith(["app", "slow", "limited"], {});
  const always = { method: "POST", times: Infinity };
  gitlab.faults.add({ ...always, kind: "delayBefore", path: inProject("slow"), delay: 60_000 });
  gitlab.faults.add({ ...always, kind: "rateLimit", path: inProject("limited"), retryAfter: 1000 });
  const cases: Record<string, { title: string; project?: string; args: ProviderArgs }> = {
    proxied: {
      title: "The proxy of the environment cannot be used",
      args: { baseUrl: gitlab.url.replace("http:", "https:") },
    },
    refused: { title: "The connection is refused", args: { baseUrl: "http://127.0.0.1:9" } },
    hasty: { title: "The operation's limit has passed", project: "slow", args: { operationTimeout: 4 } },
    limited: { title: "GitLab asks for a longer wait than the limit allows", project: "limited", args: {} },
    job: { title: "A job token is used as the credential", args: { token: "glcbt-64_canary" } },
    scope: { title: "403: the scope does not suffice", args: { token: READER } },
  };
  const { id: idle } = gitlab.state.createAgent("group/app", "idle", 1);
  const { id: tokenId } = gitlab.state.createToken(idle, "idle", null, 1);
  const program = () => {
    for (const [name, { project = "app", args }] of Object.entries(cases)) {
      const provider = new Provider(name, { baseUrl: gitlab.url, token: CREDENTIAL, maxRetries: 1, ...args });
      new ClusterAgent(name, { project: `group/${project}` }, { provider });
      // Not in the test of creations, where a rate limit would make its polls wait as well.
      if (name === "scope") {
        new AgentConnection("unused", { project: "group/app", agentId: idle, tokenId, timeout: 5 }, { provider });
      }
    }
    return Promise.resolve({});
  };
  const env = { HTTPS_PROXY: "socks5://127.0.0.1:1", NO_PROXY: "127.0.0.1:9", CI_JOB_TOKEN: "glcbt-64_canary" };
  const secrets = () => ({ ...canaries(), "the job token": "glcbt-64_canary" });
  await withWatchedStack({ program, env }, secrets, async (stack) => {
    const run = await stack.up({ expectFailure: true, continueOnError: true });
    expectEntries(run, {
      ...Object.fromEntries(Object.entries(cases).map(([name, { title }]) => [name, title])),
      unused: "The agent has not used its token",
    });
    // The request of "slow" timed out; GitLab never carries it out, since the simulator is closed before the delay ends.
    expect(gitlab.state.agents.map(({ name }) => name)).toEqual(["idle"]);
  });
});

test("errors of settings that need no request are reported in a preview", async () => {
  const ca = await certificateAuthority();
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const [one, other] = [await ca.issue(), await ca.issue()];
  const direct = "https://127.0.0.1:9";
  const cases: Record<string, { title: string; args: ProviderArgs }> = {
    nobody: { title: "There is no credential", args: { token: undefined } },
    address: {
      title: "The base URL cannot be used",
      args: { baseUrl: "https://user:canary-password@gitlab.example.com" },
    },
    number: { title: "A setting has an invalid value", args: { requestTimeout: -1 } },
    pair: { title: "A client certificate without its key", args: { clientCertFile: "/etc/gitlab/client.pem" } },
    missing: {
      title: "A certificate file cannot be read",
      args: { baseUrl: direct, caCertFile: "/etc/gitlab/no-such-ca.pem" },
    },
    empty: {
      title: "A file holds no certificate",
      args: { baseUrl: direct, caCertFile: file("empty.pem", "nothing\n") },
    },
    mismatch: {
      title: "The client certificate and its key do not match",
      args: {
        baseUrl: direct,
        clientCertFile: file("client.pem", one.cert),
        clientKeyFile: file("other.key", other.key),
      },
    },
  };
  const gitlab = await gitlabWith(["app"], {});
  const project = "group/app";
  await withWatchedStack({ config: settings(gitlab) }, canaries, async (stack) => {
    await attach(stack);
    // A preview ends at the first resource with an error.
    const refused = async (name: string, title: string, args?: ProviderArgs): Promise<void> => {
      stack.program = () => {
        const provider = args && new Provider(name, { baseUrl: gitlab.url, token: CREDENTIAL, ...args });
        new ClusterAgent(name, { project }, { ...(provider && { provider }) });
        return Promise.resolve({});
      };
      expectEntries(await stack.preview({ expectFailure: true }), { [name]: title });
    };
    for (const [name, { title, args }] of Object.entries(cases)) await refused(name, title, args);
    await stack.setConfig({ "gitlab:headers": "X-Company: canary-header-value" });
    await refused("headers", "The extra headers are not valid");
    await stack.setConfig({ "gitlab:headers": "{}", "gitlab:baseUrl": "" });
    stack.program = () => Promise.resolve({ token: new AgentToken("token", { project, agentId: 1 }).id });
    expectEntries(await stack.preview({ expectFailure: true }), { token: "A setting is empty" });
    await stack.setConfig({ "gitlab:baseUrl": gitlab.url });
    // The plugin finds the stack's address in the environment that the engine gives its process.
    detach(stack);
    await refused("other", "A provider with a credential and without an address", { baseUrl: undefined as never });
    expect(gitlab.requests).toEqual([]);
  });
});

test("errors of existing objects", async () => {
  const names = ["hidden", "lowered", "slow", "down", "page", "contradiction", "denied", "late"];
  const gitlab = await gitlabWith(names, {});
  const { faults, state } = gitlab;
  const program = () => {
    for (const name of names) new ClusterAgent(name, { project: `group/${name}` });
    return Promise.resolve({});
  };
  const config = settings(gitlab, { "gitlab:requestTimeout": "3" });
  await withWatchedStack({ program, config }, canaries, async (stack) => {
    await stack.up();
    state.setRole("platform", "none", "group/hidden");
    state.setRole("platform", "guest", "group/lowered");
    const always = { method: "GET", times: Infinity };
    faults.add({ ...always, kind: "delayBefore", path: inProject("slow"), delay: 60_000 });
    faults.add({ ...always, kind: "status", path: inProject("down") });
    faults.add({ ...always, kind: "html", path: inProject("page") });
    faults.add({ method: "GET", kind: "status", path: inProject("late"), headers: { "Retry-After": "6" } });
    const gone = { status: 404, body: { message: "404 Not found" } };
    faults.add({ ...always, kind: "status", path: inProject("contradiction", "cluster_agents/**"), ...gone });
    const refreshed = await stack.refresh({ expectFailure: true });
    const waits = refreshed.diagnostics
      .flatMap((text) => text.split("\n"))
      .filter((line) => / does not answer/.test(line));
    expectEntry("GitLab does not answer for a while", [...new Set(waits)].join("\n"));
    expectEntries(refreshed, {
      hidden: "Refresh: the project is hidden",
      lowered: "Refresh: the agents are hidden",
      slow: "No response within the limit",
      down: "GitLab is failing",
      page: "A web page instead of GitLab's response",
      contradiction: "Refresh: GitLab contradicts itself",
    });
    expect(errorOf(refreshed, "late")).toBe("");

    faults.clear();
    for (const name of ["hidden", "lowered"]) state.setRole("platform", "maintainer", `group/${name}`);
    state.setRole("platform", "developer", "group/denied");
    const destroy = await stack.destroy({ expectFailure: true });
    expectEntries(destroy, { denied: "Destroy: the role does not suffice" });
    expect(state.agents.map(({ name }) => name)).toEqual(["denied"]);

    state.expireCredential("platform");
    const expired = await stack.refresh({ expectFailure: true });
    expectEntries(expired, { denied: "401: GitLab does not know the credential" });
    // The whole output: the message under the resource, its beginning under the stack, no stack trace. The two processes print in
    // any order.
    const shown = expired.diagnostics.toSorted((one, other) => other.length - one.length);
    expect(shown).toEqual([
      expect.stringMatching(/^Could not read agent \d+ of project group\/denied: GET /),
      // Printed by the host of dynamic providers.
      ...(isNative()
        ? []
        : [expect.stringMatching(/^AuthenticationError: Could not read agent \d+ of project group\/denied$/)]),
      "update failed",
    ]);
  });
});

test("invalid arguments", async () => {
  const gitlab = await gitlabWith(["app"], {});
  const { key } = await (await certificateAuthority()).issue();
  const project = "group/app";
  const secrets = () => ({ ...canaries(), "the client's key": key });
  await withWatchedStack({ config: settings(gitlab) }, secrets, async (stack) => {
    await attach(stack);
    const refused = async (declare: () => unknown): Promise<EngineRun> => {
      stack.program = () => {
        declare();
        return Promise.resolve({});
      };
      return stack.preview({ expectFailure: true });
    };
    const agent = await refused(
      () => new ClusterAgent("Bad_Agent", { project: "https://gitlab.example.com/group/app", nam: "x" } as never),
    );
    expectEntries(agent, {
      Bad_Agent: ["An argument does not exist", "The project cannot be used", "The agent's name cannot be used"],
    });
    const url = "https://agent.example.com";
    const configuration = await refused(
      () => new ReceptiveUrlConfig("configuration", { project, url, clientKey: key, tlsHost: "agent:1" } as never),
    );
    expectEntries(configuration, {
      configuration: [
        "An argument is missing",
        "The agent's URL cannot be used",
        "The TLS host name cannot be used",
        "mTLS with a certificate or a key alone",
      ],
    });
    expect(gitlab.requests).toEqual([]);
    // Pulumi itself imports the plugin's resources: tests/plugin/engine.test.ts.
    if (isNative()) return;
    const token = await refused(() => new AgentToken("imported", { project, agentId: 1 }, { import: "group/app:1:1" }));
    expectEntries(token, { imported: "Import: the token's secret cannot be retrieved" });
    const connection = await refused(
      () =>
        void new AgentConnection("import-connection", { project: 42, agentId: 7, tokenId: 21 }, { import: "42:7:21" }),
    );
    expectEntries(connection, { "import-connection": "A connection cannot be imported" });
    // Only an import is compared with GitLab.
    const { id: taken } = gitlab.state.createAgent(project, "taken", 1);
    const different = await refused(
      () => new ClusterAgent("import-differs", { project }, { import: `group/app:${taken}` }),
    );
    expectEntries(different, { "import-differs": "Import: the object differs" });
    const missing = await refused(() => new ClusterAgent("import-missing", { project }, { import: "group/app:999" }));
    expectEntries(missing, { "import-missing": "Import: there is no such object" });
  });
});

import { networkInterfaces } from "node:os";
import { ComponentResource, output, type ComponentResourceOptions, type Output } from "@pulumi/pulumi";
import { AgentToken, ClusterAgent, getKas, Provider } from "pulumi-gitlab-agent";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import type { EngineRun } from "../support/engine";
import { errorOf, expectEntry } from "../support/catalogue";
import { withWatchedStack, type Canaries } from "../support/canary";

let company: Simulator;
let partner: Simulator;
const users = (token: string) =>
  ["first", "second"].map((name) => ({ username: name, token: `${token}-${name}`, role: "maintainer" as const }));
beforeAll(async () => {
  company = await startSimulator({ users: users("glpat-company-canary") });
  // With IPv6 if this machine has it.
  const host = Object.values(networkInterfaces()).some((each) => each?.some(({ address }) => address === "::1"))
    ? "::1"
    : "127.0.0.1";
  partner = await startSimulator({ users: users("partner.canary"), basePath: "/gitlab", host });
});
afterAll(() => Promise.all([company.close(), partner.close()]));

/** Every credential and every token that ever existed. */
const spent: Canaries = {};
const canaries = (): Canaries => {
  for (const [where, gitlab] of Object.entries({ company, partner })) {
    for (const user of gitlab.state.users) spent[`${where}'s credential ${user.token.slice(-8)}`] = user.token;
    for (const token of gitlab.state.tokens) spent[`${where}'s agent token ${token.id}`] = token.secret;
  }
  return spent;
};

class Site extends ComponentResource {
  constructor(name: string, opts: ComponentResourceOptions) {
    super("test:index:Site", name, {}, opts);
    const agent = new ClusterAgent(name, { project: "group/app" }, { parent: this });
    new AgentToken(name, { project: agent.project, agentId: agent.agentId }, { parent: this });
  }
}

/** The agents and the names of the users who created them. */
const creators = (gitlab: Simulator): Record<string, string> =>
  Object.fromEntries(
    gitlab.state.agents.map((agent) => [
      agent.name,
      gitlab.state.users.find((user) => user.id === agent.createdByUserId)?.username ?? "nobody",
    ]),
  );

/** The changed resources without components, which a refresh that runs the program counts as updated. */
const ours = (run: EngineRun) => run.changed.filter(({ type }) => type.startsWith("pulumi-nodejs:dynamic"));

const rotate = (gitlab: Simulator, username: string, token: string): void => {
  canaries();
  gitlab.state.rotateCredential(username, token);
};

test("explicit providers: several in one program, by provider, providers and components", async () => {
  let companyToken = company.tokens["first"]!;
  const program = () => {
    // A null output is like a missing argument: the text "null" must not become a credential or a file.
    const absent = output(null) as unknown as Output<string>;
    const none = { caCertFile: absent, headers: absent as never, maxRetries: output(undefined) as never };
    const one = new Provider("company", { baseUrl: company.url, token: companyToken, ...none });
    const two = new Provider("partner", { baseUrl: `${partner.url}/api/v4/`, token: partner.tokens["first"]! });
    new ClusterAgent("direct", { project: "group/app" }, { provider: one });
    new Site("by-list", { providers: [two] });
    new Site("by-map", { providers: { "pulumi-nodejs": one } });
    new Site("by-provider", { provider: one });
    // Known only after the agent is created, so this provider's settings are unknown in a preview.
    const late = new ClusterAgent("late", { project: "group/app" }, { provider: two });
    const unknown = new Provider("unknown", {
      baseUrl: late.agentId.apply(() => company.url),
      token: late.createdAt.apply(() => company.tokens["second"]!),
      headers: { "X-Site": late.name },
    });
    new Site("behind-unknown", { provider: unknown });
    new ClusterAgent("by-configuration", { project: 101 });
    return Promise.resolve({});
  };
  const config = {
    "gitlab:baseUrl": partner.url,
    "gitlab:token": { value: partner.tokens["second"]!, secret: true },
  };
  await withWatchedStack({ program, config }, canaries, async (stack) => {
    const preview = await stack.preview();
    expect(preview.changed.filter(({ type }) => type !== "test:index:Site").map(({ op }) => op)).toEqual(
      Array(11).fill("create"),
    );
    expect([...company.requests, ...partner.requests]).toEqual([]);

    await stack.up();
    expect(creators(company)).toEqual({
      direct: "first",
      "by-map": "first",
      "by-provider": "first",
      "behind-unknown": "second",
    });
    expect(creators(partner)).toEqual({ "by-list": "first", late: "first", "by-configuration": "second" });
    expect(company.requests.filter(({ headers }) => headers["x-site"] === "late").length).toBeGreaterThan(0);
    expect(partner.requests.every(({ path }) => path.startsWith("/gitlab/api/v4/"))).toBe(true);

    // A credential is replaced: the saved configuration has the old one until the program runs.
    rotate(company, "first", (companyToken = "glpat-company-canary-rotated"));
    // Of one object, so that one provider starts.
    const direct = "urn:pulumi:dev::test::pulumi-nodejs:dynamic/gitlab:ClusterAgent::direct";
    const stale = await stack.refresh({ expectFailure: true, target: [direct] });
    expect(stale.output).toMatch(
      /error: Could not read agent \d+ of project group\/app: GET \S+ on \S+ answered 401: .* The credential came from argument `token` of provider "company"/,
    );
    expect(stale.output).toContain("add `--run-program`");
    const counted = company.requests.length;
    const up = await stack.up();
    expect(up.changed).toEqual([]);
    expect(up.changes).toEqual({ update: 1, same: 18 });
    expect(company.requests).toHaveLength(counted);

    // Replaced again, without an update in between.
    rotate(company, "first", (companyToken = "glpat-company-canary-rotated-twice"));
    const destroy = await stack.destroy({ runProgram: true });
    expect(destroy.changes["delete"]).toBeGreaterThan(10);
    expect([...company.state.agents, ...partner.state.agents]).toEqual([]);
  });
});

test("without an explicit provider, the stack's configuration is used, then the environment", async () => {
  let agents = ["one"];
  const program = () => {
    for (const name of agents) new Site(name, {});
    return Promise.resolve({});
  };
  const config = {
    "gitlab:accessToken": { value: "glpat-misplaced-canary", secret: true },
    "gitlab:cacertfile": "/etc/ssl/company.pem",
    "gitlab:maxretries": "3",
    "gitlab:maxRetries": "3",
    "gitlab:earlyAuthCheck": "false",
  };
  const env = {
    CI: "true",
    CI_API_V4_URL: `${company.url}/api/v4`,
    CI_JOB_TOKEN: "glcbt-64_canary",
    PULUMI_GITLAB_AGENT_DEBUG: "1",
  };
  const secrets = () => ({
    ...canaries(),
    "the job token": "glcbt-64_canary",
    "a misplaced credential": "glpat-misplaced-canary",
  });
  company.reset();
  await withWatchedStack({ program, config, env }, secrets, async (stack) => {
    const job = await stack.up({ expectFailure: true });
    expectEntry("Only a job token is set", errorOf(job, "one"));
    expect(company.requests).toEqual([]);

    stack.env["GITLAB_TOKEN"] = company.tokens["first"]!;
    const up = await stack.up();
    expect(creators(company)).toEqual({ one: "first" });
    const warnings = up.diagnostics.flatMap((text) => text.split("\n")).filter((line) => line.includes("warning"));
    expect(warnings).toEqual([
      "warning: `gitlab:accessToken` in the stack's configuration is not a setting of pulumi-gitlab-agent and is ignored. Did you mean `gitlab:token`? GLA1017",
      "warning: `gitlab:cacertfile` in the stack's configuration is not a setting of pulumi-gitlab-agent and is ignored. Did you mean `gitlab:caCertFile`? GLA1017",
    ]);
    expectEntry("Warning: a setting is likely misspelt", warnings[0] ?? "");
    const debug = up.diagnostics.join("\n");
    expect(debug).toContain(
      `gitlab debug: settings: baseUrl ${company.url} (the environment variable CI_API_V4_URL), token [secret] (the environment variable GITLAB_TOKEN), `,
    );
    expect(debug).toContain(
      "maxRetries 3 (`gitlab:maxRetries` in the stack's configuration), maxConcurrency 8 (default)",
    );
    expect(debug).toMatch(
      /gitlab debug: POST \/api\/v4\/projects\/group%2Fapp\/cluster_agents 201 in \d+ ms \(try 1, request id \w+\)/,
    );
    stack.env["PULUMI_GITLAB_AGENT_DEBUG"] = "0";

    // The environment is read again in each command, so a replaced credential takes effect at once.
    rotate(company, "first", "glpat-company-canary-anew");
    stack.env["GITLAB_TOKEN"] = "glpat-company-canary-anew";
    const refresh = await stack.refresh();
    expect(ours(refresh)).toEqual([]);
    expect(refresh.output).not.toContain("gitlab debug");

    // An http address of another machine is a warning; nothing is sent in this preview.
    const counted = company.requests.length;
    await stack.setConfig({ "gitlab:baseUrl": "http://gitlab.internal.invalid" });
    const plain = (await stack.preview()).diagnostics.flatMap((text) => text.split("\n"));
    const lines = plain.filter((line) => line.includes("begins with http://"));
    expect(lines).toHaveLength(1);
    expectEntry("Warning: the credential travels unencrypted", lines[0] ?? "");
    expect(company.requests).toHaveLength(counted);

    // The configuration takes precedence over the environment.
    Object.assign(stack.env, { GITLAB_BASE_URL: "http://127.0.0.1:9", GITLAB_TOKEN: "nobodys-credential" });
    await stack.setConfig({
      "gitlab:baseUrl": `${company.url}/`,
      "gitlab:token": { value: company.tokens["second"]!, secret: true },
    });
    agents = ["one", "two"];
    await stack.up();
    expect(creators(company)).toEqual({ one: "first", two: "second" });

    rotate(company, "second", "glpat-company-canary-fresh");
    await stack.setConfig({ "gitlab:token": { value: "glpat-company-canary-fresh", secret: true } });
    const stale = await stack.refresh({ expectFailure: true });
    expect(stale.output).toContain("The credential came from `gitlab:token` in the stack's configuration");
    expect(ours(await stack.refresh({ runProgram: true }))).toEqual([]);
    const destroy = await stack.destroy({ runProgram: true });
    expect(destroy.changes).toMatchObject({ delete: 7 });
    expect(company.state.agents).toEqual([]);
  });
});

test("an unknown argument of a provider and a misspelt address are errors, in a preview and before anything is sent", async () => {
  company.reset();
  const program = async () => {
    const misspelt = { baseURL: company.url, token: company.tokens["first"]! } as object;
    await getKas({ provider: new Provider("partner", misspelt) });
    return {};
  };
  await withWatchedStack({ program }, canaries, async (stack) => {
    const run = await stack.preview({ expectFailure: true });
    const line = run.diagnostics.flatMap((text) => text.split("\n")).find((line) => line.includes("baseURL")) ?? "";
    expectEntry("A provider has an unknown argument", line.replace(/^.*(?=Provider "partner")/, ""));
    expect(run.output).not.toMatch(/\n\s+at /);

    // A misspelt address in the stack's configuration, even if the environment has an address.
    Object.assign(stack.env, { CI_API_V4_URL: `${company.url}/api/v4`, GITLAB_TOKEN: company.tokens["first"]! });
    await stack.setConfig({ "gitlab:base_url": partner.url });
    stack.program = () => {
      new AgentToken("token", { project: "group/app", agentId: 1 });
      return Promise.resolve({});
    };
    const address = await stack.preview({ expectFailure: true });
    expectEntry("The base URL is misspelt", errorOf(address, "token"));
    expect(company.requests).toEqual([]);
  });
});

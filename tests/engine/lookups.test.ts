import * as pulumi from "@pulumi/pulumi";
import {
  AgentToken,
  ClusterAgent,
  getAgentToken,
  getAgentTokenOutput,
  getAgentTokens,
  getAgentTokensOutput,
  getClusterAgent,
  getClusterAgentOutput,
  getClusterAgents,
  getClusterAgentsOutput,
  getKas,
  getKasOutput,
  type GetKasResult,
  getReceptiveUrlConfig,
  getReceptiveUrlConfigOutput,
  getReceptiveUrlConfigs,
  getReceptiveUrlConfigsOutput,
  type LookupError,
  Provider,
  ReceptiveUrlConfig,
} from "pulumi-gitlab-agent";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { expectEntry } from "../support/catalogue";
import { certificateAuthority, type KeyedCertificate } from "../support/certificates";
import { withStack, type EngineRun } from "../support/engine";

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());

const project = "group/app";
const config = (user = "maintainer") => ({
  "gitlab:baseUrl": simulator.url,
  "gitlab:token": { value: simulator.tokens[user]!, secret: true },
});

/** The paths under /projects of the requests since `from`, as "GET cluster_agents/1/tokens". */
const requestsBelowProject = (from = 0) =>
  simulator.requests.slice(from).map(({ method, path }) => `${method} ${path.replace(/^.*\/projects\/[^/]+\//, "")}`);

/** Creates by hand an agent with a used token, an unused one, a revoked one and a URL configuration. */
function agentMadeByHand() {
  const agent = simulator.state.createAgent(project, "by-hand", 1);
  const used = simulator.state.createToken(agent.id, "used", "for the cluster", 1);
  const unused = simulator.state.createToken(agent.id, "unused");
  simulator.state.markTokenUsed(used.id, Date.parse("2026-01-02T03:04:05.678Z"));
  const revoked = simulator.state.createToken(agent.id, "revoked");
  simulator.state.revokeToken(revoked.id);
  const url = simulator.state.setUrlConfiguration(agent.id, { url: "grpcs://edge.example.com:443", tlsHost: "edge" });
  return { agent, used, unused, revoked, url };
}

describe("one program of a maintainer", () => {
  let made: ReturnType<typeof agentMadeByHand>;
  let pair: KeyedCertificate;
  let up: EngineRun;
  let files: string;
  let secrets: string[];
  const results: Record<string, unknown>[] = [];

  async function found() {
    const { agent, used, unused, url } = made;
    const at = { project, agentId: agent.id };
    const which = { ...at, tokenId: used.id };
    const configuration = { ...at, urlConfigurationId: url.id };
    const plain = {
      agents: await getClusterAgents({ project }),
      byId: await getClusterAgent(at),
      byName: await getClusterAgent({ project, name: "by-hand" }),
      tokens: await getAgentTokens(at),
      token: await getAgentToken(which),
      unused: await getAgentToken({ ...at, tokenId: unused.id }),
      configurations: await getReceptiveUrlConfigs(at),
      configuration: await getReceptiveUrlConfig(configuration),
      kas: await getKas(),
    };
    results.push(plain);
    const outputs = {
      agents: getClusterAgentsOutput({ project: pulumi.output(project) }),
      byId: getClusterAgentOutput({ project, agentId: pulumi.output(agent.id) }),
      byName: getClusterAgentOutput({ project, name: pulumi.output("by-hand") }),
      tokens: getAgentTokensOutput({ project, agentId: Promise.resolve(agent.id) }),
      token: getAgentTokenOutput(which),
      unused: getAgentTokenOutput({ ...at, tokenId: unused.id }),
      configurations: getReceptiveUrlConfigsOutput(at),
      configuration: getReceptiveUrlConfigOutput(configuration),
      kas: getKasOutput(),
    };
    return {
      plain,
      ...outputs,
      secret: getClusterAgentOutput({ project: pulumi.secret(project), agentId: agent.id }).name,
    };
  }

  async function failures() {
    const { agent, revoked } = made;
    const at = { project, agentId: agent.id };
    const failures = {
      agent: getClusterAgent({ project, agentId: 999 }),
      token: getAgentToken({ ...at, tokenId: 999 }),
      revoked: getAgentToken({ ...at, tokenId: revoked.id }),
      configuration: getReceptiveUrlConfig({ ...at, urlConfigurationId: 999 }),
      configurations: getReceptiveUrlConfigs({ project, agentId: 999 }),
      project: getClusterAgents({ project: "group/none" }),
      empty: getClusterAgents({ project: "" }),
      id: getAgentTokens({ project, agentId: 0 }),
      both: getClusterAgent({ ...at, name: "by-hand" } as never),
      neither: getClusterAgent({ project } as never),
    };
    const told = Object.entries(failures).map(
      async ([name, failure]) =>
        [
          name,
          await failure.then(
            () => "found",
            (error: LookupError) => [error.message, error.status ?? null, error.notFound],
          ),
        ] as const,
    );
    return Object.fromEntries(await Promise.all(told));
  }

  beforeAll(async () => {
    simulator.reset();
    made = agentMadeByHand();
    pair = await (await certificateAuthority()).issue();
    const receptive = simulator.state.createAgent(102, "receptive").id;
    simulator.state.setUrlConfiguration(receptive, {
      url: "grpcs://edge.example.com:443",
      clientCert: pair.cert,
      clientKey: pair.key,
      caCert: pair.cert,
    });
    simulator.state.settings.certificates = "base64";
    const program = async () => ({
      ...(await found()),
      failures: await failures(),
      certificates: await getReceptiveUrlConfigs({ project: 102, agentId: receptive }),
    });
    await withStack({ program, config: config() }, async (stack) => {
      await stack.preview();
      up = await stack.up();
      files = stack.allFiles().join();
    });
    secrets = simulator.state.tokens.map((token) => token.secret);
  });

  test("every function returns what GitLab has, as a promise and as an output, in a preview and in an update", () => {
    const { agent, used, unused, url } = made;
    const { plain, secret, ...outputs } = up.outputs;
    const expectedAgent = {
      id: agent.id,
      agentId: agent.id,
      name: "by-hand",
      configProject: {
        id: 101,
        description: "Application",
        name: "app",
        nameWithNamespace: expect.stringContaining("app"),
        path: "app",
        pathWithNamespace: project,
        createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
      },
      createdAt: new Date(agent.createdAt).toISOString(),
      createdByUserId: 1,
      isReceptive: true,
    };
    const expectedToken = {
      id: used.id,
      tokenId: used.id,
      name: "used",
      description: "for the cluster",
      agentId: agent.id,
      status: "active",
      createdAt: new Date(used.createdAt).toISOString(),
      createdByUserId: 1,
    };
    const { description: _, createdByUserId: __, ...bare } = expectedToken;
    const expectedUnused = {
      ...bare,
      id: unused.id,
      tokenId: unused.id,
      name: "unused",
      createdAt: expect.any(String),
    };
    const expectedConfiguration = {
      id: url.id,
      urlConfigurationId: url.id,
      agentId: agent.id,
      url: "grpcs://edge.example.com:443",
      publicKey: expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/),
      tlsHost: "edge",
    };
    const expected = {
      agents: [expectedAgent],
      byId: expectedAgent,
      byName: expectedAgent,
      tokens: [expectedToken, expectedUnused],
      token: { ...expectedToken, lastUsedAt: "2026-01-02T03:04:05.678Z" },
      unused: expectedUnused,
      configurations: [expectedConfiguration],
      configuration: expectedConfiguration,
      kas: {
        enabled: true,
        externalUrl: "wss://kas.gitlab.example.com",
        externalK8sProxyUrl: "https://kas.gitlab.example.com/k8s-proxy",
        version: "18.3.0",
        gitlab: { version: "18.3.0-ee", revision: "0123456789a", enterprise: true },
      },
    };
    expect(results).toHaveLength(2);
    // `toStrictEqual` would also compare undefined properties, and GitLab's null becomes undefined.
    for (const result of results) expect(result).toEqual(expected);
    expect(JSON.stringify(results)).not.toContain("null");
    expect(plain).toEqual({ value: expected, secret: false });
    for (const [name, value] of Object.entries(expected)) expect(outputs[name]).toEqual({ value, secret: false });
    expect(secret).toEqual({ value: "by-hand", secret: true });
    expect(secrets).toHaveLength(3);
    expect(secrets.filter((text) => files.includes(text))).toEqual([]);
    expect(files).not.toContain(simulator.tokens["maintainer"]);
  });

  test("missing, hidden and misspelt objects are reported in one paragraph without secrets", () => {
    const outputs = up.outputs["failures"]?.value as Record<string, unknown[]>;
    const expected: Record<string, [RegExp, number | null, boolean]> = {
      agent: [
        /^Could not read agent 999 of project group\/app: GET \S+\/cluster_agents\/999 on \S+ answered 404/,
        404,
        true,
      ],
      token: [/^Could not read token 999 of agent \d+ in project group\/app: GET .*answered 404/, 404, true],
      revoked: [/^Could not read token \d+ of agent \d+ in project group\/app: GET .*answered 404/, 404, true],
      configuration: [/^Could not read URL configuration 999 of agent \d+ in project group\/app: GET .*404/, 404, true],
      configurations: [
        /^Could not list the URL configurations of agent 999 in project group\/app: GET .*404/,
        404,
        true,
      ],
      project: [/^Could not list the agents of project group\/none: GET .*answered 404.*check the project/, 404, true],
      empty: [
        /^`project` is ""; expected the project's numeric id \(42\) or its full path \(group\/app\)\. GLA2003$/,
        null,
        false,
      ],
      id: [/^`agentId` is 0; expected a numeric id, a positive whole number\. GLA2006$/, null, false],
      both: [/takes either `agentId` or `name`: exactly one/, null, false],
      neither: [/takes either `agentId` or `name`: exactly one/, null, false],
    };
    expect(Object.keys(outputs).sort()).toEqual(Object.keys(expected).sort());
    for (const [name, [message, status, notFound]] of Object.entries(expected)) {
      expect([name, outputs[name]]).toEqual([name, [expect.stringMatching(message), status, notFound]]);
      expect(JSON.stringify(outputs[name])).not.toMatch(/\\n|glpat/);
    }

    const told = (name: string) => String(outputs[name]![0]);
    expectEntry("404: the object is hidden or absent", told("agent"));
    expectEntry("A lookup has arguments that do not fit", told("both"));
  });

  test("certificates are PEM, also from a GitLab that returns them in base64", () => {
    const found = up.outputs["certificates"]?.value as unknown[];
    expect(found).toEqual([expect.objectContaining({ clientCert: pair.cert, caCert: pair.cert })]);
    expect(files).not.toContain("PRIVATE KEY");
  });
});

test("an output form is unknown in a preview while an argument is unknown, or a resource that it depends on is still to be created", async () => {
  simulator.reset();
  const seen: string[] = [];
  const program = async () => {
    const agent = new ClusterAgent("production", { project });
    const { agentId } = agent;
    const token = new AgentToken("production", { project: agent.project, agentId });
    const url = new ReceptiveUrlConfig("production", { project, agentId, url: "grpc://edge.example.com:80" });
    const group = new pulumi.ComponentResource("test:index:Group", "group");
    const member = new ClusterAgent("member", { project }, { parent: group });
    const lookups = {
      byId: getClusterAgentOutput({ project, agentId }).name,
      // The project is known in the preview, but comes from an agent that does not exist yet.
      agents: getClusterAgentsOutput({ project: agent.project }).apply((agents) => agents.length),
      tokens: getAgentTokensOutput({ project, agentId }, { dependsOn: [token] }).apply((all) => all[0]?.name),
      token: getAgentTokenOutput({ project, agentId, tokenId: token.tokenId }).status,
      configurations: getReceptiveUrlConfigsOutput({ project, agentId }, { dependsOn: url }).apply((all) => all.length),
      configuration: getReceptiveUrlConfigOutput({ project, agentId, urlConfigurationId: url.urlConfigurationId }).url,
      after: getClusterAgentsOutput({ project }, { dependsOn: [group] }).apply(
        (agents) => agents.find((each) => each.name === "member")?.name,
      ),
      kas: getKasOutput({ dependsOn: member }).enabled,
    };
    for (const [name, lookup] of Object.entries<pulumi.Output<unknown>>(lookups)) lookup.apply(() => seen.push(name));
    return lookups;
  };
  await withStack({ program, config: config() }, async (stack) => {
    await stack.preview();
    expect(seen).toEqual([]);
    expect(simulator.requests).toEqual([]);
    const up = await stack.up();
    const values = Object.fromEntries(Object.entries(up.outputs).map(([name, { value }]) => [name, value as unknown]));
    expect(values).toEqual({
      byId: "production",
      agents: expect.any(Number),
      tokens: "production",
      token: "active",
      configurations: 1,
      configuration: "grpc://edge.example.com:80",
      after: "member",
      kas: true,
    });
    expect(seen.sort()).toEqual(Object.keys(up.outputs).sort());
    seen.length = 0;
    // Everything that they depend on exists, so they have results in a preview, too.
    const preview = await stack.preview();
    expect(preview.changed).toEqual([]);
    expect(seen).toHaveLength(8);
    // The lookups and the resources together call every endpoint of the API.
    await stack.destroy();
    const routes = simulator.requests.map(
      ({ method, path }) =>
        `${method} ${path.replace("/api/v4", "").replace("group%2Fapp", ":id").replaceAll(/\/\d+/g, "/:id")}`,
    );
    const agents = "/projects/:id/cluster_agents";
    const lists = [agents, `${agents}/:id/tokens`, `${agents}/:id/url_configurations`];
    const endpoints = lists.flatMap((list) => [`GET ${list}`, `POST ${list}`, `GET ${list}/:id`, `DELETE ${list}/:id`]);
    expect(routes).toEqual(expect.arrayContaining([...endpoints, "GET /metadata"]));
  });
});

/** Looks up agents in a project that has 250, and in one that has one. */
async function manyAgents() {
  const agents = await getClusterAgents({ project: "group/many" });
  const names = agents.map((agent) => agent.name);
  const listed = simulator.requests.length;
  const last = await getClusterAgent({ project: "group%2Fmany", name: names.at(-1)! });
  const missing = await getClusterAgent({ project: "group/many", name: "agent-2500" }).catch(
    (error: Error) => error.message,
  );
  const few = await getClusterAgent({ project: 102, name: "prodution" }).catch((error: Error) => error.message);
  return { asked: simulator.requests.length, count: new Set(names).size, listed, last: last.name, missing, few };
}

test("250 agents come in three pages, and the error for an unknown name suggests the nearest name; a role that is too low is reported", async () => {
  simulator.reset();
  const { agent } = agentMadeByHand();
  const at = { project, agentId: agent.id };
  simulator.state.createProject({ path: "group/many" });
  for (let number = 1; number <= 250; number++) simulator.state.createAgent("group/many", `agent-${number}`);
  simulator.state.createAgent("group/subgroup/infra", "production");
  // The role is too low: GitLab hides agents and tokens from a guest, and URL configurations from a developer.
  const program = async () => ({
    many: await manyAgents(),
    agents: (await getClusterAgents({ project })).length,
    tokens: (await getAgentTokens(at)).length,
    refused: await getReceptiveUrlConfigs(at).catch((error: Error) => error.message),
  });
  await withStack({ program, config: config("developer") }, async (stack) => {
    const { outputs } = await stack.up();
    const many = outputs["many"]?.value as Awaited<ReturnType<typeof manyAgents>>;
    expect(many.count).toBe(250);
    expect(many.last).toBe("agent-99");
    expect(simulator.requests.slice(0, many.listed).map(({ query }) => query)).toEqual(
      [1, 2, 3].map((page) => `per_page=100&page=${page}`),
    );
    expect(many.missing).toMatch(
      /^Could not find agent "agent-2500" in project group\/many: it has no agent of that name\. The nearest of the 250 that it has: "agent-200", "agent-250", .*getClusterAgents/,
    );
    expect(many.few).toMatch(/project 102: .* The agents that it has, nearest first: "production"\. GLA5027$/);
    expect(new Set(requestsBelowProject().slice(0, many.asked))).toEqual(new Set(["GET cluster_agents"]));

    expect(outputs["agents"]?.value).toBe(1);
    expect(outputs["tokens"]?.value).toBe(2);
    expect(outputs["refused"]?.value).toMatch(/answered 403.*Calls for URL configurations need the role Maintainer/);

    await stack.setConfig(config("guest"));
    stack.program = async () => ({ agents: await getClusterAgents({ project }) });
    const guest = await stack.up({ expectFailure: true });
    expect(guest.output).toMatch(
      /error: Could not list the agents of project group\/app: GET .*answered 404.*credential's membership/,
    );
    expect(guest.output).not.toMatch(/unhandled exception|^ +at /m);

    // The Output form fails the program with the same words.
    stack.program = async () => ({ agent: getClusterAgentOutput(at).name });
    const output = await stack.up({ expectFailure: true });
    expect(output.output).toMatch(/error: Could not read agent \d+ of project group\/app: GET .*answered 404/);
    expect(output.output).not.toMatch(/unhandled exception|^ +at /m);
  });
});

test("settings come from the given provider, the parent's, or the stack; an unknown setting makes outputs unknown", async () => {
  simulator.reset();
  const other = await startSimulator({ kas: { externalUrl: "wss://kas.other.example.com" }, basePath: "/gitlab" });
  try {
    class Site extends pulumi.ComponentResource {
      readonly kas: Promise<string | undefined>;
      readonly later: pulumi.Output<string | undefined>;
      constructor(opts: pulumi.ComponentResourceOptions) {
        super("test:index:Site", "site", {}, opts);
        this.kas = getKas({ parent: this }).then((kas) => kas.externalUrl);
        this.later = getKasOutput({ parent: this }).externalUrl;
      }
    }
    const lines: string[] = [];
    const program = (withForeign: boolean) => async () => {
      const provider = new Provider("other", { baseUrl: `${other.url}/api/v4/`, token: other.tokens["guest"]! });
      const agent = new ClusterAgent("production", { project }, { provider });
      // Known once the agent is created, and the same for every agent.
      const url = agent.agentId.apply(() => other.url);
      const unknown = new Provider("unknown", { baseUrl: url, token: other.tokens["guest"]! });
      const site = new Site({ providers: [provider] });
      const text = (lookup: Promise<GetKasResult>) =>
        lookup.then(
          (kas) => kas.externalUrl,
          (error: Error) => `${error.name}: ${error.message}`,
        );
      const unknownPlain = await text(getKas({ provider: unknown }));
      lines.push(unknownPlain ?? "");
      return {
        stack: await text(getKas()),
        given: await text(getKas({ provider })),
        parent: await site.kas,
        parentLater: site.later,
        child: await text(getKas({ parent: new ClusterAgent("child", { project }, { provider }) })),
        ...(withForeign && { foreign: await text(getKas({ provider: new ForeignProvider("foreign") })) }),
        unknown: getKasOutput({ provider: unknown }).externalUrl,
        unknownPlain,
        // Settings contain a credential, but results that depend on them are not secret.
        secret: pulumi.output(pulumi.isSecret(getKasOutput({ provider }).externalUrl)),
      };
    };
    await withStack({ program: program(false), config: config("guest") }, async (stack) => {
      simulator.state.setRole("guest", "maintainer");
      other.state.setRole("guest", "maintainer");
      const preview = await stack.preview();
      expect(preview.output).toMatch(/unknown *: *\[unknown\]/);
      const [here, there] = ["wss://kas.gitlab.example.com", "wss://kas.other.example.com"];
      // Pulumi shortens a long output.
      expect(preview.output).toMatch(/unknownPlain *: "LookupError: A setting of the explicit provider is not known/);
      expectEntry("A lookup needs a setting that is not known yet", (lines[0] ?? "").replace("LookupError: ", ""));
      stack.program = program(true);
      const { outputs } = await stack.up();
      const values = Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value as unknown]));
      expect(values).toEqual({
        stack: here,
        given: there,
        parent: there,
        parentLater: there,
        child: there,
        foreign: expect.stringMatching(/^LookupError: The provider that was given to a lookup/),
        unknown: there,
        unknownPlain: there,
        secret: false,
      });
      expectEntry(
        "A lookup with a provider of another package",
        String(values["foreign"]).replace("LookupError: ", ""),
      );
    });
  } finally {
    await other.close();
  }
});

/** A dynamic provider of another package. */
class ForeignProvider extends pulumi.ProviderResource {
  constructor(name: string) {
    super("pulumi-nodejs", name, {});
  }
}

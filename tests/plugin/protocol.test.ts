import { status, type ServiceError } from "@grpc/grpc-js";
import { PluginAttach, type PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import type { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import manifest from "../../package.json";
import schema from "../../provider/doors/plugin/schema.json";
import { nextRun, UNKNOWN } from "../provider/doors";
import { expectEntry } from "../support/catalogue";
import { urnOf } from "../support/nativeDoors";
import { partialFailure, servePlugin, struct, type ServedPlugin } from "../support/plugin";

let simulator: Simulator;
let plugin: ServedPlugin;
beforeAll(async () => {
  simulator = await startSimulator();
  plugin = await servePlugin();
});
afterAll(async () => {
  plugin.close();
  await simulator.close();
});
const settings = () => ({ baseUrl: simulator.url, token: simulator.tokens["maintainer"] ?? "" });
beforeEach(async () => {
  simulator.reset();
  nextRun();
  await plugin.configure(settings());
  plugin.log.length = 0;
});

const properties = (values: Struct | undefined) => (values?.toJavaScript() ?? {}) as Record<string, unknown>;
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const secret = (value: unknown) => ({ [SIGNATURE]: "1b47061264138c4ac30d75fd1eb44270", value });
const output = (value: unknown, isSecret = false) => ({
  [SIGNATURE]: "d0e6a833031e9bbcd3f4e8bde6ca49a4",
  ...(value === undefined ? {} : { value }),
  secret: isSecret,
});
const PROVIDER = "urn:pulumi:dev::test::pulumi:providers:gitlab-agent::";

const check = (type: string, news: object, olds: object = {}) =>
  plugin.call<proto.CheckResponse>(
    "check",
    new proto.CheckRequest().setUrn(urnOf(type)).setName("x").setOlds(struct(olds)).setNews(struct(news)),
  );
const create = (type: string, inputs: object, preview = false) =>
  plugin.call<proto.CreateResponse>(
    "create",
    new proto.CreateRequest().setUrn(urnOf(type)).setProperties(struct(inputs)).setPreview(preview),
  );
const read = (type: string, id: string, state: object = {}, inputs: object = {}) =>
  plugin.call<proto.ReadResponse>(
    "read",
    new proto.ReadRequest().setUrn(urnOf(type)).setId(id).setProperties(struct(state)).setInputs(struct(inputs)),
  );
const invoke = (name: string, args: object) =>
  plugin.call<proto.InvokeResponse>(
    "invoke",
    new proto.InvokeRequest().setTok(`gitlab-agent:index:${name}`).setArgs(struct(args)),
  );

describe("the plugin", () => {
  test("responds to the handshake, and returns its version and its schema", async () => {
    const handshake = await plugin.call<proto.ProviderHandshakeResponse>(
      "handshake",
      new proto.ProviderHandshakeRequest(),
    );
    expect(handshake.toObject()).toMatchObject({
      acceptSecrets: true,
      acceptResources: true,
      acceptOutputs: true,
      supportsAutonamingConfiguration: true,
    });
    expect((await plugin.call<PluginInfo>("getPluginInfo", new Empty())).getVersion()).toBe(manifest.version);
    const answer = await plugin.call<proto.GetSchemaResponse>("getSchema", new proto.GetSchemaRequest());
    expect(JSON.parse(answer.getSchema())).toEqual(schema);
  });

  const served = [
    ...["handshake", "attach", "getPluginInfo", "getSchema", "checkConfig", "diffConfig", "configure", "check"],
    ...["diff", "create", "read", "update", "delete", "invoke", "construct", "list", "cancel"],
  ];
  const REQUESTS: Record<string, object> = {
    parameterize: new proto.ParameterizeRequest(),
    streamInvoke: new proto.InvokeRequest(),
    call: new proto.CallRequest(),
    getMapping: new proto.GetMappingRequest(),
    getMappings: new proto.GetMappingsRequest(),
  };
  test.each(Object.keys(ResourceProviderService).filter((name) => !served.includes(name) && name !== "streamInvoke"))(
    "does not serve %s, and says so to the engine",
    async (method) => {
      await expect(plugin.call(method, REQUESTS[method] ?? {})).rejects.toMatchObject({
        code: status.UNIMPLEMENTED,
        details: `${method} is not served by the plugin gitlab-agent.`,
      });
    },
  );

  test("responds to attach and cancel", async () => {
    expect(await plugin.call("attach", new PluginAttach().setAddress("127.0.0.1:1"))).toBeInstanceOf(Empty);
    expect(await plugin.call("cancel", new Empty())).toBeInstanceOf(Empty);
  });

  test("names a resource or function that it does not have, with those that it has", async () => {
    await expect(check("ClusterAgents", {})).rejects.toMatchObject({
      details: expect.stringMatching(/no resource gitlab-agent:index:ClusterAgents.*index:ClusterAgent, /) as string,
    });
    await expect(invoke("getAgents", {})).rejects.toMatchObject({
      details: expect.stringMatching(/no function gitlab-agent:index:getAgents.*getClusterAgents/) as string,
    });
  });
});

describe("the provider's configuration", () => {
  const checkConfig = async (news: object, name = "internal") => {
    const request = new proto.CheckRequest().setUrn(`${PROVIDER}${name}`).setNews(struct(news));
    const response = await plugin.call<proto.CheckResponse>("checkConfig", request);
    return {
      inputs: properties(response.getInputs()),
      failures: response.getFailuresList().map((failure) => failure.getReason()),
    };
  };

  test("credential and headers are secret, even if given as plain text", async () => {
    const { inputs, failures } = await checkConfig({
      token: "t",
      headers: { a: "b" },
      baseUrl: "http://x",
      version: "0",
    });
    expect(failures).toEqual([]);
    expect(inputs).toEqual({ token: secret("t"), headers: secret({ a: "b" }), baseUrl: "http://x", version: "0" });
    const address = "https://user:password@gitlab.example.com";
    expect((await checkConfig({ baseUrl: address })).inputs).toEqual({ baseUrl: secret(address) });
    expect((await checkConfig({ baseUrl: secret("http://x") })).inputs).toEqual({ baseUrl: secret("http://x") });
    expect((await checkConfig({ headers: { a: secret("b") } })).inputs).toEqual({ headers: secret({ a: "b" }) });
  });

  test("an unknown argument is refused with a suggestion; the stack's configuration may have unknown keys", async () => {
    const { failures } = await checkConfig({ base_url: "http://x", cacertFile: "ca.pem", team: "a" });
    expect(failures).toEqual([
      expect.stringMatching(/^`base_url` is not an argument .* Did you mean `baseUrl`\? Its arguments are `baseUrl`/),
      expect.stringMatching(/`cacertFile`.* Did you mean `caCertFile`\?/),
      expect.stringMatching(/^`team` is not an argument of the provider gitlab-agent. Its arguments/),
    ]);
    expect((await checkConfig({ base_url: "x", team: "a" }, "default_0_1_0")).failures).toEqual([]);
  });

  test("a changed setting is a difference that replaces nothing", async () => {
    const diff = (olds: object, news: object) =>
      plugin.call<proto.DiffResponse>(
        "diffConfig",
        new proto.DiffRequest().setUrn(`${PROVIDER}a`).setOldInputs(struct(olds)).setNews(struct(news)),
      );
    const changed = await diff(
      { token: "a", headers: { x: "1", y: "2" } },
      { token: secret("b"), headers: { y: "2", x: "1" } },
    );
    expect(changed.getChanges()).toBe(proto.DiffResponse.DiffChanges.DIFF_SOME);
    expect([changed.getDiffsList(), changed.getReplacesList()]).toEqual([["token"], []]);
    expect((await diff({ token: "a" }, { token: "a" })).getChanges()).toBe(proto.DiffResponse.DiffChanges.DIFF_NONE);
  });

  test("settings of every type are accepted, misspelt keys of the stack cause a warning, and messages name the plugin's keys", async () => {
    await plugin.configure({
      ...settings(),
      maxRetries: 0,
      insecure: false,
      headers: { "X-A": "b" },
      operation_timeout: "5",
    });
    expect(plugin.log).toEqual([
      {
        severity: "warning",
        urn: `${PROVIDER}default_0_1_0`,
        message: expect.stringMatching(
          /`gitlab-agent:operation_timeout`.*Did you mean `gitlab-agent:operationTimeout`/,
        ) as string,
      },
    ]);
    await create("ClusterAgent", { project: "group/app", name: "a" });
    expect(simulator.requests[0]?.headers["x-a"]).toBe("b");
    await plugin.configure({ ...settings(), token: "wrong" });
    await expect(create("ClusterAgent", { project: "group/app", name: "b" })).rejects.toMatchObject({
      code: status.UNKNOWN,
      details: expect.stringMatching(/answered 401.*`gitlab-agent:token` in the stack's configuration/) as string,
    });
    await plugin.configure({ ...settings(), token: "wrong" }, "internal");
    await expect(create("ClusterAgent", { project: "group/app", name: "b" })).rejects.toMatchObject({
      details: expect.stringMatching(/argument `token` of provider "internal"/) as string,
    });
  });

  test("an explicit provider with a credential and without an address sends it only to the GitLab of the stack's configuration", async () => {
    process.env["PULUMI_CONFIG"] = JSON.stringify({ baseUrl: "https://gitlab.internal" });
    try {
      await plugin.configure({ token: "t" }, "internal");
      const { details } = (await create("ClusterAgent", { project: "group/app", name: "a" }).catch(
        (error: unknown) => error,
      )) as ServiceError;
      expect(details).toMatch(/Provider "internal" has a `token` and no `baseUrl`.*`gitlab-agent:baseUrl`/);
    } finally {
      delete process.env["PULUMI_CONFIG"];
    }
  });
});

describe("check", () => {
  test("the default name is the resource's name, or the stack's autonaming's; there is none if autonaming is disabled", async () => {
    const named = async (mode?: proto.CheckRequest.AutonamingOptions.Mode) => {
      const request = new proto.CheckRequest().setUrn(urnOf("ClusterAgent", "own")).setName("own");
      request.setOlds(struct({})).setNews(struct({ project: "group/app" }));
      if (mode !== undefined) {
        request.setAutonaming(new proto.CheckRequest.AutonamingOptions().setProposedName("proposed").setMode(mode));
      }
      const response = await plugin.call<proto.CheckResponse>("check", request);
      const [failure] = response.getFailuresList();
      return failure?.getReason() ?? properties(response.getInputs())["name"];
    };
    const { PROPOSE, ENFORCE, DISABLE } = proto.CheckRequest.AutonamingOptions.Mode;
    expect(await named()).toBe("own");
    expect([await named(PROPOSE), await named(ENFORCE)]).toEqual(["proposed", "proposed"]);
    expect(await named(DISABLE)).toBe("`name` is missing. GLA2002");
    // Earlier engines do not send the name separately from the URN.
    const unnamed = new proto.CheckRequest().setUrn(urnOf("AgentToken", "of::many")).setOlds(struct({}));
    const { inputs } = (
      await plugin.call<proto.CheckResponse>("check", unnamed.setNews(struct({ project: "1", agentId: 1 })))
    ).toObject();
    expect(JSON.stringify(inputs)).toContain('"of::many"');
  });

  test("a project's number becomes a string, and an agent's digits become a number", async () => {
    const response = await check("AgentToken", { project: 42, agentId: "7", name: "blue" });
    expect(properties(response.getInputs())).toEqual({ project: "42", agentId: 7, name: "blue" });
  });

  test("all violations are reported at once, without a property name and without a secret", async () => {
    const response = await check("ReceptiveUrlConfig", {
      project: "app",
      agentId: 0,
      url: "x",
      clientKey: secret("canary"),
    });
    const failures = response.getFailuresList();
    expect(failures.length).toBeGreaterThanOrEqual(4);
    expect(failures.map((failure) => failure.getProperty())).toEqual(failures.map(() => ""));
    expect(failures.map((failure) => failure.getReason()).join()).not.toContain("canary");
  });

  test("secret values stay secret at any depth, and unknown values stay unknown", async () => {
    const given = {
      project: output("group/app", true),
      agentId: output(undefined),
      name: "blue",
      description: secret(UNKNOWN),
      rotationTriggers: { a: [secret("b")], secret: true },
    };
    expect(properties((await check("AgentToken", given)).getInputs())).toEqual({
      project: secret("group/app"),
      agentId: UNKNOWN,
      name: "blue",
      description: secret(UNKNOWN),
      rotationTriggers: secret({ a: ["b"], secret: true }),
    });
    const plain = { ...given, rotationTriggers: { secret: true } };
    expect(properties((await check("AgentToken", plain)).getInputs())["rotationTriggers"]).toEqual({ secret: true });
  });

  test("the input that the `import` option of the dynamic resources adds does not exist here", async () => {
    const response = await check("ClusterAgent", { project: "group/app", importId: "group/app:7" });
    expect(response.getFailuresList().map((failure) => failure.getReason())).toEqual([
      expect.stringMatching(/`importId` is not an argument .*`pulumi import`.* GLA2001/),
    ]);
  });
});

describe("diff", () => {
  const diff = (type: string, olds: object, news: object) =>
    plugin.call<proto.DiffResponse>(
      "diff",
      new proto.DiffRequest().setUrn(urnOf(type)).setId("group/app:1:1").setOlds(struct(olds)).setNews(struct(news)),
    );

  test("every change replaces, and the diff says whether an input is added, removed or changed", async () => {
    const olds = { project: "group/app", agentId: 7, name: "blue", description: "why", tokenId: 1 };
    const news = { project: secret("group/app"), agentId: 7, name: "green", rotationTriggers: { a: 1 } };
    const response = await diff("AgentToken", olds, news);
    const { ADD_REPLACE, DELETE_REPLACE, UPDATE_REPLACE } = proto.PropertyDiff.Kind;
    expect(response.getChanges()).toBe(proto.DiffResponse.DiffChanges.DIFF_SOME);
    expect(response.getReplacesList()).toEqual(["name", "description", "rotationTriggers"]);
    const kinds = response.getDetaileddiffMap().toObject(false, (_, each) => each.getKind());
    expect(Object.fromEntries(kinds as never)).toEqual({
      name: UPDATE_REPLACE,
      description: DELETE_REPLACE,
      rotationTriggers: ADD_REPLACE,
    });
    expect(response.getDeletebeforereplace()).toBe(false);
  });

  test("an agent's URL configuration is deleted before its replacement is created; equal inputs are no change", async () => {
    const olds = { project: "group/app", agentId: 7, url: "grpc://a.example.com:80", urlConfigurationId: 1 };
    const changed = await diff("ReceptiveUrlConfig", olds, { ...olds, url: "grpc://b.example.com:80" });
    expect([changed.getReplacesList(), changed.getDeletebeforereplace()]).toEqual([["url"], true]);
    const same = await diff("ReceptiveUrlConfig", olds, { project: "Group/app", agentId: 7, url: olds.url });
    expect(same.getChanges()).toBe(proto.DiffResponse.DiffChanges.DIFF_NONE);
  });
});

describe("create, read, update, delete", () => {
  test("a preview sends nothing; outputs that GitLab decides are unknown, and secret ones are marked", async () => {
    const response = await create("AgentToken", { project: "group/app", agentId: UNKNOWN, name: "blue" }, true);
    expect([response.getId(), properties(response.getProperties())]).toEqual([
      "",
      {
        ...{ project: "group/app", agentId: UNKNOWN, name: "blue", createdAt: UNKNOWN, createdByUserId: UNKNOWN },
        ...{ status: UNKNOWN, token: secret(UNKNOWN), tokenId: UNKNOWN },
      },
    ]);
    expect(simulator.requests).toEqual([]);
  });

  test("a token is created with a marked secret, refreshed, and deleted", async () => {
    const agent = simulator.state.createAgent(101, "a");
    const inputs = { project: "group/app", agentId: agent.id, name: "blue", description: secret("why") };
    const created = await create("AgentToken", inputs);
    const [token] = simulator.state.activeTokens();
    const state = properties(created.getProperties());
    expect([created.getId(), state]).toMatchObject([
      `group/app:${agent.id}:${token?.id}`,
      { token: secret(token?.secret), description: secret("why"), tokenId: token?.id, project: "group/app" },
    ]);
    const refreshed = await read("AgentToken", created.getId(), state, inputs);
    expect(properties(refreshed.getProperties())).toEqual(state);
    expect(properties(refreshed.getInputs())).toEqual(inputs);
    expect(plugin.log).toEqual([]);
    nextRun();
    const gone = new proto.DeleteRequest().setUrn(urnOf("AgentToken")).setId(created.getId());
    await plugin.call("delete", gone.setProperties(struct(state)));
    expect(simulator.state.activeTokens()).toEqual([]);
    expect((await read("AgentToken", created.getId(), state, inputs)).getId()).toBe("");
  });

  test("nothing is marked for an engine that does not support secrets", async () => {
    await plugin.configure(settings(), undefined, false);
    const agent = simulator.state.createAgent(101, "a");
    const created = await create("AgentToken", { project: "group/app", agentId: agent.id, name: "blue" });
    const [token] = simulator.state.activeTokens();
    const state = properties(created.getProperties());
    expect(state["token"]).toBe(token?.secret);
    expect(properties((await read("AgentToken", created.getId(), state)).getProperties())).toEqual(state);
    const checked = await check("AgentToken", { project: secret("1"), agentId: 1, name: "a" });
    expect(properties(checked.getInputs())["project"]).toBe("1");
  });

  test("an import starts without a state, and gets the inputs that a program would declare", async () => {
    const agent = simulator.state.createAgent(101, "a");
    const token = simulator.state.createToken(agent.id, "blue", "why");
    const imported = await read("ClusterAgent", `101:${agent.id}`);
    expect(properties(imported.getInputs())).toEqual({ project: "101", name: "a" });
    expect(properties(imported.getProperties())).toMatchObject({ project: "101", agentId: agent.id });
    expect(plugin.log).toEqual([]);
    const lost = await read("AgentToken", `group/app:${agent.id}:${token.id}`);
    expect(properties(lost.getInputs())).toEqual({
      project: "group/app",
      agentId: agent.id,
      name: "blue",
      description: "why",
    });
    expect(properties(lost.getProperties())).not.toHaveProperty("token");
    expect(plugin.log).toEqual([
      {
        severity: "warning",
        urn: urnOf("AgentToken"),
        message: expect.any(String) as string,
      },
    ]);
    expectEntry("Warning: a token without its secret", plugin.log[0]?.message ?? "");
    await expect(read("ClusterAgent", "group/app:999")).rejects.toMatchObject({
      details: expect.stringMatching(/has no agent 999/) as string,
    });
    await expect(read("ClusterAgent", "seven")).rejects.toMatchObject({
      details: expect.stringMatching(/"seven" is not the id of a ClusterAgent/) as string,
    });
  });

  test("a response that cannot be read: the object is recorded, and the next update completes it", async () => {
    const body = { id: 1, name: "made" };
    simulator.faults.add({ kind: "commitThenStatus", method: "POST", status: 201, path: "/**/cluster_agents", body });
    const inputs = { project: "group/app", name: "made" };
    const error = (await create("ClusterAgent", inputs).catch((fault: unknown) => fault)) as ServiceError;
    const half = partialFailure(error);
    expect(half).toEqual({
      id: "group/app:1",
      properties: { project: "group/app", name: "made", agentId: 1 },
      reasons: [error.details],
    });
    expect(error.details).toMatch(/exists in GitLab as group\/app:1/);
    const request = new proto.UpdateRequest()
      .setUrn(urnOf("ClusterAgent"))
      .setId("group/app:1")
      .setNews(struct(inputs));
    request.setOlds(struct(half?.properties));
    const preview = await plugin.call<proto.UpdateResponse>("update", request.clone().setPreview(true));
    expect(properties(preview.getProperties())).toEqual(half?.properties);
    const whole = await plugin.call<proto.UpdateResponse>("update", request);
    expect(properties(whole.getProperties())).toMatchObject({ agentId: 1, configProject: { id: 101 } });
  });
});

describe("functions and lists", () => {
  test("each function returns what the schema says, with lists as objects", async () => {
    const agent = simulator.state.createAgent(101, "a");
    const token = simulator.state.createToken(agent.id, "blue");
    simulator.state.setUrlConfiguration(agent.id, { url: "grpc://agent.example.com:80" });
    const urlConfigurationId = simulator.state.urlConfigurations[0]?.id;
    const [project, agentId] = ["group/app", agent.id];
    const calls: Record<string, object> = {
      getClusterAgent: { project, name: "a" },
      getClusterAgents: { project },
      getAgentToken: { project, agentId, tokenId: token.id },
      getAgentTokens: { project: secret(project), agentId },
      getReceptiveUrlConfig: { project, agentId, urlConfigurationId },
      getReceptiveUrlConfigs: { project, agentId },
      getKas: {},
    };
    expect(Object.keys(calls)).toEqual(Object.keys(schema.functions).map((name) => name.split(":")[2]));
    for (const [name, args] of Object.entries(calls)) {
      const answer = properties((await invoke(name, args)).getReturn());
      const { outputs } = (schema.functions as Record<string, { outputs: { properties: object; required: string[] } }>)[
        `gitlab-agent:index:${name}`
      ]!;
      expect([name, Object.keys(outputs.properties)]).toEqual([name, expect.arrayContaining(Object.keys(answer))]);
      expect([name, Object.keys(answer)]).toEqual([name, expect.arrayContaining(outputs.required)]);
      expect(JSON.stringify(answer)).not.toContain(token.secret);
    }
    expect(properties((await invoke("getAgentTokens", { project, agentId })).getReturn())["tokens"]).toMatchObject([
      { tokenId: token.id },
    ]);
  });

  test("a function with an unknown argument has no result, and one with a wrong argument is refused", async () => {
    expect((await invoke("getClusterAgents", { project: UNKNOWN })).getReturn()).toBeUndefined();
    expect(simulator.requests).toEqual([]);
    await expect(invoke("getClusterAgents", { projekt: "a" })).rejects.toMatchObject({
      details: expect.stringMatching(
        /`projekt` is not an argument of getClusterAgents.*Did you mean `project`/,
      ) as string,
    });
  });

  test("List returns the ids for imports, as many as requested", async () => {
    const agents = ["a", "b", "c"].map((name) => simulator.state.createAgent(101, name));
    const first = simulator.state.agent("a");
    const token = simulator.state.createToken(first.id, "blue");
    simulator.state.setUrlConfiguration(first.id, { url: "grpc://agent.example.com:80" });
    const list = async (type: string, query: object, limit?: number) =>
      (await plugin.list(`gitlab-agent:index:${type}`, query, limit)).map(({ result }) => result);
    expect(await list("ClusterAgent", { project: "group/app" })).toEqual(
      agents.map(({ id, name }) => ({ id: `group/app:${id}`, name })),
    );
    expect(await list("ClusterAgent", { project: "101" }, 2)).toHaveLength(2);
    const query = { project: "group/app", agentId: first.id };
    expect(await list("AgentToken", query)).toEqual([{ id: `group/app:${first.id}:${token.id}`, name: "blue" }]);
    expect(await list("ReceptiveUrlConfig", query)).toMatchObject([{ name: "grpc://agent.example.com:80" }]);
    expect(await plugin.list("gitlab-agent:index:ClusterAgent", { project: UNKNOWN })).toMatchObject([
      { computed: {} },
    ]);
    await expect(list("AgentConnection", query)).rejects.toMatchObject({ code: status.UNIMPLEMENTED });
    await expect(list("ClusterAgent", {})).rejects.toMatchObject({
      details: expect.stringMatching(/`project` is missing/) as string,
    });
  });
});

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

describe("the plugin as a whole", () => {
  test("handshakes, tells its version and hands out its schema", async () => {
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
    ...["diff", "create", "read", "update", "delete", "invoke", "list", "cancel"],
  ];
  const REQUESTS: Record<string, object> = {
    parameterize: new proto.ParameterizeRequest(),
    streamInvoke: new proto.InvokeRequest(),
    call: new proto.CallRequest(),
    construct: new proto.ConstructRequest(),
    getMapping: new proto.GetMappingRequest(),
    getMappings: new proto.GetMappingsRequest(),
  };
  test.each(Object.keys(ResourceProviderService).filter((name) => !served.includes(name) && name !== "streamInvoke"))(
    "%s is not served, which the engine is told",
    async (method) => {
      await expect(plugin.call(method, REQUESTS[method] ?? {})).rejects.toMatchObject({
        code: status.UNIMPLEMENTED,
        details: `${method} is not served by the plugin gitlab-agent.`,
      });
    },
  );

  test("attach and cancel are answered", async () => {
    expect(await plugin.call("attach", new PluginAttach().setAddress("127.0.0.1:1"))).toBeInstanceOf(Empty);
    expect(await plugin.call("cancel", new Empty())).toBeInstanceOf(Empty);
  });

  test("a resource and a function that it does not have are named, with those that it has", async () => {
    await expect(check("ClusterAgents", {})).rejects.toMatchObject({
      details: expect.stringMatching(/no resource gitlab-agent:index:ClusterAgents.*index:ClusterAgent, /) as string,
    });
    await expect(invoke("getAgents", {})).rejects.toMatchObject({
      details: expect.stringMatching(/no function gitlab-agent:index:getAgents.*getClusterAgents/) as string,
    });
  });
});

describe("the provider's own configuration", () => {
  const checkConfig = async (news: object, name = "internal") => {
    const request = new proto.CheckRequest().setUrn(`${PROVIDER}${name}`).setNews(struct(news));
    const response = await plugin.call<proto.CheckResponse>("checkConfig", request);
    return {
      inputs: properties(response.getInputs()),
      failures: response.getFailuresList().map((failure) => failure.getReason()),
    };
  };

  test("credential and headers are secret, however they were given", async () => {
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

  test("an argument that is no setting is refused, with the one that is meant; the stack's configuration may have more", async () => {
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

  test("settings of every type are taken, misspelt keys of the stack are a warning, and messages name the plugin's keys", async () => {
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

  test("an explicit provider with a credential and no address does not send it elsewhere than where the stack's GitLab is", async () => {
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
  test("the name by default: the resource's, or what the stack's autonaming proposes; none where that is switched off", async () => {
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
    // An engine of an earlier version does not send the name beside the URN.
    const unnamed = new proto.CheckRequest().setUrn(urnOf("AgentToken", "of::many")).setOlds(struct({}));
    const { inputs } = (
      await plugin.call<proto.CheckResponse>("check", unnamed.setNews(struct({ project: "1", agentId: 1 })))
    ).toObject();
    expect(JSON.stringify(inputs)).toContain('"of::many"');
  });

  test("a project's number becomes text, and digits an agent's number", async () => {
    const response = await check("AgentToken", { project: 42, agentId: "7", name: "blue" });
    expect(properties(response.getInputs())).toEqual({ project: "42", agentId: 7, name: "blue" });
  });

  test("all faults are told at once, none by its property, and no secret is shown", async () => {
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

  test("what was secret in any depth is secret again, unknown values stay unknown", async () => {
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

  test("what the dynamic resources' import option becomes is no input here", async () => {
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

  test("every change replaces, and says whether something is added, taken away or changed", async () => {
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

  test("one URL configuration of an agent goes before the next, and no change is none", async () => {
    const olds = { project: "group/app", agentId: 7, url: "grpc://a.example.com:80", urlConfigurationId: 1 };
    const changed = await diff("ReceptiveUrlConfig", olds, { ...olds, url: "grpc://b.example.com:80" });
    expect([changed.getReplacesList(), changed.getDeletebeforereplace()]).toEqual([["url"], true]);
    const same = await diff("ReceptiveUrlConfig", olds, { project: "Group/app", agentId: 7, url: olds.url });
    expect(same.getChanges()).toBe(proto.DiffResponse.DiffChanges.DIFF_NONE);
  });
});

describe("create, read, update, delete", () => {
  test("a preview sends nothing, and all that GitLab decides is unknown, what is secret as a secret", async () => {
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

  test("a token: made, with its secret marked; refreshed; deleted", async () => {
    const agent = simulator.state.createAgent(101, "a");
    const inputs = { project: "group/app", agentId: agent.id, name: "blue", description: secret("why") };
    const made = await create("AgentToken", inputs);
    const [token] = simulator.state.activeTokens();
    const state = properties(made.getProperties());
    expect([made.getId(), state]).toMatchObject([
      `group/app:${agent.id}:${token?.id}`,
      { token: secret(token?.secret), description: secret("why"), tokenId: token?.id, project: "group/app" },
    ]);
    const refreshed = await read("AgentToken", made.getId(), state, inputs);
    expect(properties(refreshed.getProperties())).toEqual(state);
    expect(properties(refreshed.getInputs())).toEqual(inputs);
    expect(plugin.log).toEqual([]);
    nextRun();
    const gone = new proto.DeleteRequest().setUrn(urnOf("AgentToken")).setId(made.getId());
    await plugin.call("delete", gone.setProperties(struct(state)));
    expect(simulator.state.activeTokens()).toEqual([]);
    expect((await read("AgentToken", made.getId(), state, inputs)).getId()).toBe("");
  });

  test("secrets off: nothing is marked for an engine that does not know marks", async () => {
    await plugin.configure(settings(), undefined, false);
    const agent = simulator.state.createAgent(101, "a");
    const made = await create("AgentToken", { project: "group/app", agentId: agent.id, name: "blue" });
    const [token] = simulator.state.activeTokens();
    const state = properties(made.getProperties());
    expect(state["token"]).toBe(token?.secret);
    expect(properties((await read("AgentToken", made.getId(), state)).getProperties())).toEqual(state);
    const checked = await check("AgentToken", { project: secret("1"), agentId: 1, name: "a" });
    expect(properties(checked.getInputs())["project"]).toBe("1");
  });

  test("an import comes without a state, and gets the inputs that a program would declare", async () => {
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

  test("an answer that cannot be read: the object is recorded, and the next update completes it", async () => {
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
  test("each function answers with what the schema says, lists as objects", async () => {
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

  test("a function with an argument that is not known yet has no result, and one that is wrong is refused", async () => {
    expect((await invoke("getClusterAgents", { project: UNKNOWN })).getReturn()).toBeUndefined();
    expect(simulator.requests).toEqual([]);
    await expect(invoke("getClusterAgents", { projekt: "a" })).rejects.toMatchObject({
      details: expect.stringMatching(
        /`projekt` is not an argument of getClusterAgents.*Did you mean `project`/,
      ) as string,
    });
  });

  test("List sends the ids to import by, as many as are asked for", async () => {
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

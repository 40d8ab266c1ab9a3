import * as pulumi from "@pulumi/pulumi";
import { AgentToken, ClusterAgent, ReceptiveUrlConfig } from "pulumi-gitlab-agent";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { certificateAuthority } from "../support/certificates";
import { withStack, type EngineRun } from "../support/engine";

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());

/** The steps of every resource except the source of the unknown values. */
const ops = (run: EngineRun) =>
  Object.fromEntries(
    [...new Set(run.steps.map(({ name }) => name))]
      .filter((name) => !name.startsWith("source"))
      .map((name) => [name, run.ops(name).join(" ")]),
  );
const all = (run: EngineRun, op: string) => Object.fromEntries(Object.keys(ops(run)).map((name) => [name, op]));

test("inputs that are unknown in a preview: no request, no false error, and the right steps", async () => {
  const { state } = simulator;
  const pair = await (await certificateAuthority()).issue();
  const agents = Array.from({ length: 13 }, (_, at) => state.createAgent(101, `there-${at}`).id);
  const program = (name: string, deleteBeforeReplace: boolean) => () => {
    const free = [...agents];
    const there = () => ({ project: 101, agentId: free.shift() ?? 0 });
    const source = new ClusterAgent("source", { project: 101, name }, { deleteBeforeReplace });
    // `follows` changes with the source; `stays` is unknown in a preview, and then equal each time.
    const follows = source.agentId.apply((id) => `v${id}`);
    const stays = <T>(value: T): pulumi.Output<T> => source.agentId.apply(() => value);

    const named = new ClusterAgent("agent-name", { project: 101, name: follows });
    new ClusterAgent("agent-project", { project: source.configProject.id });
    new AgentToken("token-agent", { project: source.project, agentId: source.agentId });
    new AgentToken("token-of-unknown-project", { project: source.configProject.id, agentId: named.agentId });
    new AgentToken("token-name", { ...there(), name: follows });
    new AgentToken("token-description", { ...there(), description: pulumi.interpolate`for ${source.agentId}` });
    new AgentToken("token-triggers", { ...there(), rotationTriggers: { deep: [{ inside: follows }] } });
    new ReceptiveUrlConfig("config-agent", {
      project: source.project,
      agentId: source.agentId,
      url: "grpc://a.example.com:80",
    });
    new ReceptiveUrlConfig("config-url", { ...there(), url: pulumi.interpolate`grpcs://${follows}.example.com:443` });
    new ReceptiveUrlConfig("config-host", {
      ...there(),
      url: "grpcs://a.example.com:443",
      tlsHost: pulumi.interpolate`${follows}.example.com`,
    });
    new AgentToken("same-description", { ...there(), description: stays("as ever") });
    new AgentToken("same-project", { ...there(), project: stays(101) });
    new ReceptiveUrlConfig("same-pair", {
      ...there(),
      url: "grpcs://a.example.com:443",
      clientCert: stays(pair.cert),
      clientKey: stays(pair.key),
    });
    new ReceptiveUrlConfig("same-key", {
      ...there(),
      url: "grpcs://a.example.com:443",
      clientCert: pair.cert,
      clientKey: stays(pair.key),
      caCert: stays(pair.cert),
    });
    return Promise.resolve({});
  };
  const config = {
    "gitlab:baseUrl": simulator.url,
    "gitlab:token": { value: simulator.tokens["maintainer"] ?? "", secret: true },
  };
  await withStack({ config, program: program("source-a", false) }, async (stack) => {
    const first = await stack.preview();
    expect(ops(first)).toEqual(all(first, "create"));
    expect(simulator.requests).toEqual([]);
    await stack.up();

    stack.program = program("source-b", false);
    simulator.requests.length = 0;
    const preview = await stack.preview();
    expect(simulator.requests).toEqual([]);
    const createFirst = "create-replacement replace delete-replaced";
    const deleteFirst = "delete-replaced replace create-replacement";
    expect(ops(preview)).toEqual({
      ...all(preview, createFirst),
      "config-url": deleteFirst,
      "config-host": deleteFirst,
      "same-pair": deleteFirst,
      "same-key": deleteFirst,
    });

    // All values are known in the update: resources whose values turn out to be equal are not replaced.
    const up = await stack.up();
    const stayed = ["agent-project", "same-description", "same-project", "same-pair", "same-key"];
    expect(ops(up)).toEqual({
      ...all(up, createFirst),
      "config-url": deleteFirst,
      "config-host": deleteFirst,
      ...Object.fromEntries(stayed.map((name) => [name, "same"])),
    });

    // If the source is deleted first, the engine diffs its dependants with unknown inputs during the update, and all of them are
    // deleted before it.
    stack.program = program("source-c", true);
    const tokens = state.activeTokens().length;
    simulator.requests.length = 0;
    const again = await stack.up();
    expect(Object.values(ops(again)).every((of) => of.startsWith("delete-replaced"))).toBe(true);
    const writes = simulator.requests.filter(({ method }) => method !== "GET").map(({ method }) => method);
    expect(writes.lastIndexOf("DELETE")).toBe(Object.keys(ops(again)).length);
    expect(writes.indexOf("POST")).toBe(writes.lastIndexOf("DELETE") + 1);
    expect(state.activeTokens()).toHaveLength(tokens);
    expect(state.urlConfigurations).toHaveLength(5);
    expect((await stack.preview({ expectNoChanges: true })).changed).toEqual([]);
  });
});

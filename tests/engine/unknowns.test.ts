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

/** The steps of every resource of a part of the program, except the source of the unknown values. */
const ops = (run: EngineRun, part: string) =>
  Object.fromEntries(
    [...new Set(run.steps.map(({ name }) => name))]
      .filter((name) => name.startsWith(`${part}-`) && name !== `${part}-source`)
      .map((name) => [name.slice(part.length + 1), run.ops(name).join(" ")]),
  );
const all = (run: EngineRun, part: string, op: string) =>
  Object.fromEntries(Object.keys(ops(run, part)).map((name) => [name, op]));

test("inputs that are unknown in a preview: no request, no false error, and the right steps", async () => {
  const { state } = simulator;
  const pair = await (await certificateAuthority()).issue();
  const agentsOf = (part: string) =>
    Array.from({ length: 13 }, (_, at) => state.createAgent(101, `${part}-there-${at}`).id);
  const agents = { one: agentsOf("one"), new: agentsOf("new") };
  const declare = (part: keyof typeof agents, name: string, deleteBeforeReplace = false) => {
    const free = [...agents[part]];
    const there = () => ({ project: 101, agentId: free.shift() ?? 0 });
    const source = new ClusterAgent(`${part}-source`, { project: 101, name }, { deleteBeforeReplace });
    // `follows` changes with the source; `stays` is unknown in a preview, and then equal each time.
    const follows = source.agentId.apply((id) => `v${id}`);
    const stays = <T>(value: T): pulumi.Output<T> => source.agentId.apply(() => value);

    const named = new ClusterAgent(`${part}-agent-name`, { project: 101, name: follows });
    new ClusterAgent(`${part}-agent-project`, { project: source.configProject.id });
    new AgentToken(`${part}-token-agent`, { project: source.project, agentId: source.agentId });
    new AgentToken(`${part}-token-of-unknown-project`, { project: source.configProject.id, agentId: named.agentId });
    new AgentToken(`${part}-token-name`, { ...there(), name: follows });
    new AgentToken(`${part}-token-description`, { ...there(), description: pulumi.interpolate`for ${source.agentId}` });
    new AgentToken(`${part}-token-triggers`, { ...there(), rotationTriggers: { deep: [{ inside: follows }] } });
    new ReceptiveUrlConfig(`${part}-config-agent`, {
      project: source.project,
      agentId: source.agentId,
      url: "grpc://a.example.com:80",
    });
    new ReceptiveUrlConfig(`${part}-config-url`, {
      ...there(),
      url: pulumi.interpolate`grpcs://${follows}.example.com:443`,
    });
    new ReceptiveUrlConfig(`${part}-config-host`, {
      ...there(),
      url: "grpcs://a.example.com:443",
      tlsHost: pulumi.interpolate`${follows}.example.com`,
    });
    new AgentToken(`${part}-same-description`, { ...there(), description: stays("as ever") });
    new AgentToken(`${part}-same-project`, { ...there(), project: stays(101) });
    new ReceptiveUrlConfig(`${part}-same-pair`, {
      ...there(),
      url: "grpcs://a.example.com:443",
      clientCert: stays(pair.cert),
      clientKey: stays(pair.key),
    });
    new ReceptiveUrlConfig(`${part}-same-key`, {
      ...there(),
      url: "grpcs://a.example.com:443",
      clientCert: pair.cert,
      clientKey: stays(pair.key),
      caCert: stays(pair.cert),
    });
  };
  const config = {
    "gitlab:baseUrl": simulator.url,
    "gitlab:token": { value: simulator.tokens["maintainer"] ?? "", secret: true },
  };
  const program = (name: string, deleteBeforeReplace: boolean, later?: "with the new part") => async () => {
    declare("one", name, deleteBeforeReplace);
    if (later) declare("new", "source-new");
    return {};
  };
  await withStack({ config, program: program("source-a", false) }, async (stack) => {
    await stack.up();

    // One part exists and its source is replaced; the other part is new.
    stack.program = program("source-b", false, "with the new part");
    simulator.requests.length = 0;
    const preview = await stack.preview();
    expect(simulator.requests).toEqual([]);
    expect(ops(preview, "new")).toEqual(all(preview, "one", "create"));
    const createFirst = "create-replacement replace delete-replaced";
    const deleteFirst = "delete-replaced replace create-replacement";
    expect(ops(preview, "one")).toEqual({
      ...all(preview, "one", createFirst),
      "config-url": deleteFirst,
      "config-host": deleteFirst,
      "same-pair": deleteFirst,
      "same-key": deleteFirst,
    });

    // All values are known in the update: resources whose values turn out to be equal are not replaced.
    const up = await stack.up();
    const stayed = ["agent-project", "same-description", "same-project", "same-pair", "same-key"];
    expect(ops(up, "new")).toEqual(all(up, "one", "create"));
    expect(ops(up, "one")).toEqual({
      ...all(up, "one", createFirst),
      "config-url": deleteFirst,
      "config-host": deleteFirst,
      ...Object.fromEntries(stayed.map((name) => [name, "same"])),
    });

    // If the source is deleted first, the engine diffs its dependants with unknown inputs during the update, and all of them are
    // deleted before it.
    stack.program = program("source-c", true, "with the new part");
    const [tokens, configurations] = [state.activeTokens().length, state.urlConfigurations.length];
    simulator.requests.length = 0;
    const again = await stack.up();
    expect(Object.values(ops(again, "one")).every((of) => of.startsWith("delete-replaced"))).toBe(true);
    expect(ops(again, "new")).toEqual(all(again, "one", "same"));
    const writes = simulator.requests.filter(({ method }) => method !== "GET").map(({ method }) => method);
    expect(writes.lastIndexOf("DELETE")).toBe(Object.keys(ops(again, "one")).length);
    expect(writes.indexOf("POST")).toBe(writes.lastIndexOf("DELETE") + 1);
    expect(state.activeTokens()).toHaveLength(tokens);
    expect(state.urlConfigurations).toHaveLength(configurations);
    expect(configurations).toBe(10);
    expect((await stack.preview({ expectNoChanges: true })).changed).toEqual([]);
  });
});

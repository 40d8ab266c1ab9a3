import { AgentToken, ClusterAgent, ReceptiveUrlConfig, type AgentTokenArgs } from "pulumi-gitlab-agent";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { certificateAuthority } from "../support/certificates";
import { withStack } from "../support/engine";

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());
beforeEach(() => simulator.reset());

const config = () => ({
  "gitlab:baseUrl": simulator.url,
  "gitlab:token": { value: simulator.tokens["maintainer"] ?? "", secret: true },
});
const sent = () => simulator.requests.map(({ method, path }) => `${method} ${path.replace("/api/v4", "")}`);
const url = "grpcs://agent.example.com:443";

test("another spelling of the same inputs is no change, and sends no request", async () => {
  const authority = await certificateAuthority();
  const pair = await authority.issue();
  const agent = (project: number, name: string) => simulator.state.createAgent(project, name).id;
  const [digits, receptive] = [agent(101, "digits"), agent(101, "receptive")];
  const [abroad, abroadToo] = [agent(102, "abroad"), agent(102, "abroad-too")];
  const described = ["absent-null", "null-empty", "empty-absent"].map((name) => [name, agent(101, name)] as const);

  const bags = (pem: string) => `Bag Attributes\r\n    friendlyName: a\r\n${pem.replace(/\n/g, "\r\n").trimEnd()}`;
  const program = (when: "before" | "after") => () => {
    const [before, is] = [
      when === "before",
      (one: unknown, other: unknown) => (when === "before" ? one : other) as never,
    ];
    for (const [at, [one, other]] of [
      ["group/app", 101],
      [101, "group/app"],
      ["101", 101],
      ["group/app", "group%2Fapp"],
      ["group%2Fapp", "group%2fapp"],
      ["group/app", "Group/App"],
    ].entries()) {
      const parent = new ClusterAgent(`agent-${at}`, { project: is(one, other) });
      // One child uses the spelling of the agent's output, the other the program's.
      new AgentToken(`of-output-${at}`, { project: parent.project, agentId: parent.agentId });
      new ReceptiveUrlConfig(`of-input-${at}`, { project: is(one, other), agentId: parent.agentId, url });
    }
    const infra = is("group/subgroup/infra", 102);
    new AgentToken("abroad", { project: infra, agentId: abroad });
    new AgentToken("abroad-too", { project: infra, agentId: abroadToo });
    new ReceptiveUrlConfig("abroad-config", { project: infra, agentId: abroad, url });
    new AgentToken("digits", {
      project: 101,
      agentId: is(digits, String(digits)),
      rotationTriggers: before ? { a: 1, b: { c: [1, { d: 2, e: 3 }] } } : { b: { c: [1, { e: 3, d: 2 }] }, a: 1 },
    });
    const [absent, none, empty]: Partial<AgentTokenArgs>[] = [{}, { description: null as never }, { description: "" }];
    const descriptions = before ? [absent, none, empty] : [none, empty, absent];
    described.forEach(([name, agentId], at) => new AgentToken(name, { project: 101, agentId, ...descriptions[at] }));
    new ReceptiveUrlConfig("receptive", {
      project: 101,
      agentId: is(String(receptive), receptive),
      url,
      clientCert: before ? pair.cert : bags(pair.cert),
      clientKey: before ? bags(pair.key) : pair.key,
      caCert: before ? authority.cert + pair.cert : `${authority.cert}\n\n# ours\n${pair.cert.trimEnd()}`,
      tlsHost: before ? undefined : (null as never),
    });
    return Promise.resolve({});
  };
  await withStack({ config: config(), program: program("before") }, async (stack) => {
    await stack.up();
    const tokens = simulator.state.tokens.length;

    simulator.requests.length = 0;
    expect((await stack.preview()).changed).toEqual([]);
    expect(sent()).toEqual([]);

    stack.program = program("after");
    const preview = await stack.preview();
    expect(preview.changed).toEqual([]);
    // The agents reported the number of project 101; that of 102 was requested when objects were created in it.
    expect(sent()).toEqual([]);

    simulator.requests.length = 0;
    expect((await stack.up()).changed).toEqual([]);
    expect(sent()).toEqual([]);
    expect((await stack.refresh({ expectNoChanges: true })).changed).toEqual([]);
    expect(simulator.state.tokens).toHaveLength(tokens);

    stack.program = program("before");
    expect((await stack.preview()).changed).toEqual([]);
  });
});

test("a project that is renamed or moved keeps its agents, and its new path is no change", async () => {
  const paths = { 101: ["group/app", "elsewhere/deep/app"], 102: ["group/subgroup/infra", "infra/renamed"] } as const;
  const program =
    (at: 0 | 1, trigger = "before") =>
    () => {
      for (const id of [101, 102] as const) {
        const agent = new ClusterAgent(`agent-${id}`, { project: paths[id][at] });
        const child = { project: paths[id][at], agentId: agent.agentId };
        new AgentToken(`token-${id}`, { ...child, rotationTriggers: { trigger } });
        new ReceptiveUrlConfig(`config-${id}`, { ...child, url });
      }
      return Promise.resolve({});
    };
  await withStack({ config: config(), program: program(0) }, async (stack) => {
    await stack.up();
    const state = simulator.state;
    // The old path of 101 leads nowhere; that of 102 redirects reads, as in GitLab until another project takes the path.
    state.renameProject(101, paths[101][1], { redirect: false });
    state.renameProject(102, paths[102][1]);

    // All objects are found, and no declared input differs.
    expect((await stack.refresh()).changed).toEqual([]);
    simulator.requests.length = 0;
    expect((await stack.preview()).changed).toEqual([]);
    expect(sent()).toEqual([]);

    stack.program = program(1);
    expect((await stack.preview()).changed).toEqual([]);
    // The refresh has read the agents' new paths.
    expect(sent()).toEqual([]);

    // Writes also reach the moved projects: the old tokens are revoked there.
    const tokens = state.activeTokens();
    stack.program = program(1, "after");
    const up = await stack.up();
    expect(up.changed.map(({ op, name }) => `${op} ${name}`).sort()).toEqual(
      ["token-101", "token-102"]
        .flatMap((name) => [`create-replacement ${name}`, `delete-replaced ${name}`, `replace ${name}`])
        .sort(),
    );
    expect(state.activeTokens()).toHaveLength(2);
    expect(tokens.every(({ status }) => status === "revoked")).toBe(true);

    await stack.destroy();
    expect([state.agents, state.activeTokens(), state.urlConfigurations]).toEqual([[], [], []]);
  });
});

test("the new path of a renamed project, without a refresh, is requested once", async () => {
  const program = (project: string) => () => {
    const agents = ["one", "two"].map((name) => new ClusterAgent(name, { project }));
    for (const [at, { agentId }] of agents.entries()) {
      new AgentToken(`token-${at}`, { project, agentId });
      new ReceptiveUrlConfig(`config-${at}`, { project, agentId, url });
    }
    return Promise.resolve({});
  };
  await withStack({ config: config(), program: program("group/app") }, async (stack) => {
    await stack.up();
    simulator.state.renameProject(101, "moved/app", { redirect: false });
    stack.program = program("moved/app");
    simulator.requests.length = 0;
    expect((await stack.preview()).changed).toEqual([]);
    expect(sent()).toEqual(["GET /projects/moved%2Fapp"]);
    await stack.destroy();
    expect(simulator.state.agents).toEqual([]);
  });
});

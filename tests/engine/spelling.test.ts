import { AgentToken, ClusterAgent, ReceptiveUrlConfig, type AgentTokenArgs } from "pulumi-gitlab-agent";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { certificateAuthority } from "../support/certificates";
import { withStack } from "../support/engine";

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());

const url = "grpcs://agent.example.com:443";

/** Returns the part of the program that declares the same inputs in two spellings. */
async function spellings() {
  const authority = await certificateAuthority();
  const pair = await authority.issue();
  const agent = (project: number, name: string) => simulator.state.createAgent(project, name).id;
  const [digits, receptive] = [agent(101, "digits"), agent(101, "receptive")];
  const [abroad, abroadToo] = [agent(102, "abroad"), agent(102, "abroad-too")];
  const described = ["absent-null", "null-empty", "empty-absent"].map((name) => [name, agent(101, name)] as const);

  const bags = (pem: string) => `Bag Attributes\r\n    friendlyName: a\r\n${pem.replace(/\n/g, "\r\n").trimEnd()}`;
  return (when: "before" | "after") => {
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
  };
}

/** Returns the part of the program with two projects that are moved: `paths` are their former and new paths. */
function moving() {
  const { state } = simulator;
  const projects = [
    { paths: ["moving/one", "elsewhere/deep/one"], agents: ["one", "two"] },
    { paths: ["moving/redirected", "moved/redirected"], agents: ["redirected"] },
  ] as const;
  const ids = projects.map(({ paths: [path] }) => state.createProject({ path }).id) as [number, number];
  const declare = (at: 0 | 1, trigger = "before") => {
    for (const { paths, agents } of projects) {
      for (const name of agents) {
        const { agentId } = new ClusterAgent(`moving-${name}`, { project: paths[at] });
        const child = { project: paths[at], agentId };
        new AgentToken(`moving-token-${name}`, { ...child, rotationTriggers: { trigger } });
        new ReceptiveUrlConfig(`moving-config-${name}`, { ...child, url });
      }
    }
  };
  const move = () => {
    // The old path of one leads nowhere; the other redirects reads, as in GitLab until another project takes the path.
    state.renameProject(ids[0], projects[0].paths[1], { redirect: false });
    state.renameProject(ids[1], projects[1].paths[1]);
  };
  const agents = () => state.agents.filter(({ projectId }) => ids.includes(projectId)).map(({ id }) => id);
  return { declare, move, agents };
}

/** Returns the part of the program with a project that is moved while another one takes its path. */
function takenPath() {
  const { state } = simulator;
  const project = "taken/app";
  const { id } = state.createProject({ path: project });
  const declare = (when: "before" | "after") => {
    const full = new ClusterAgent("full", { project });
    const half = new ClusterAgent("half", { project });
    new AgentToken("blue", { project, agentId: full.agentId, rotationTriggers: { when } });
    new AgentToken("green", { project, agentId: full.agentId });
    if (when === "before") return;
    new AgentToken("added", { project, agentId: half.agentId });
    new ReceptiveUrlConfig("added", { project, agentId: half.agentId, url: "grpc://agent.example.com:80" });
  };
  const move = () => {
    state.renameProject(project, "moved/app", { redirect: false });
    return state.createProject({ path: project });
  };
  return { declare, move, id };
}

test("another spelling of the same inputs is no change, and sends no request; a project that is renamed or moved keeps its agents, its new path is no change and requested once, and objects that are added or rotated stay with the agent while another project has the former path", async () => {
  const { state } = simulator;
  const declareSpellings = await spellings();
  const [moved, taken] = [moving(), takenPath()];
  const program =
    (spelling: "before" | "after", at: 0 | 1, takenNow: "before" | "after", trigger = "before") =>
    () => {
      declareSpellings(spelling);
      moved.declare(at, trigger);
      taken.declare(takenNow);
      return Promise.resolve({});
    };
  const config = {
    "gitlab:baseUrl": simulator.url,
    "gitlab:token": { value: simulator.tokens["maintainer"] ?? "", secret: true },
  };
  const sent = () => simulator.requests.map(({ method, path }) => `${method} ${path.replace("/api/v4", "")}`);
  await withStack({ config, program: program("before", 0, "before"), limit: 240 }, async (stack) => {
    await stack.up();
    const [full, half] = [state.agent("full").id, state.agent("half").id];
    const tokensOf = (...agentIds: number[]) => state.tokens.filter(({ agentId }) => agentIds.includes(agentId));
    const others = state.agents.map(({ id }) => id).filter((id) => id !== full && id !== half);
    const tokens = tokensOf(...others).length;
    const tokenOf = (name: string) => state.activeTokens().find((token) => token.name === name)?.id;
    const [blue, green] = [tokenOf("blue"), tokenOf("green")];

    // Only what is added or rotated in the moved project changes, and has requests.
    const { id: other } = taken.move();
    simulator.requests.length = 0;
    stack.program = program("after", 0, "after");
    const after = await stack.up();
    expect([...new Set(after.changed.map(({ name }) => name))].sort()).toEqual(["added", "blue"]);
    expect(after.ops("blue")).toEqual(["delete-replaced", "replace", "create-replacement"]);
    expect(after.ops("added")).toEqual(["create", "create"]);
    // The agents reported the number of project 101; that of 102 was requested when objects were created in it.
    const foreign = new RegExp(`^\\w+ /projects/(taken%2Fapp|${taken.id})(/|$)`);
    expect(sent().filter((line) => !foreign.test(line))).toEqual([]);
    const active = (agentId: number) => state.activeTokens(agentId).map(({ id, name }) => ({ id, name }));
    expect(active(full)).toEqual([
      { id: green, name: "green" },
      { id: expect.any(Number) as number, name: "blue" },
    ]);
    expect(tokenOf("blue")).not.toBe(blue);
    expect(active(half)).toEqual([{ id: expect.any(Number) as number, name: "added" }]);
    expect(state.urlConfigurations.filter(({ agentId }) => !others.includes(agentId))).toMatchObject([
      { agentId: half },
    ]);
    expect([full, half].map((id) => state.agents.find((agent) => agent.id === id)?.projectId)).toEqual([
      taken.id,
      taken.id,
    ]);
    expect(taken.id).not.toBe(other);

    // Without a refresh, the new path of each renamed project is requested once.
    moved.move();
    simulator.requests.length = 0;
    stack.program = program("after", 1, "after");
    expect((await stack.preview()).changed).toEqual([]);
    expect(sent().sort()).toEqual(["GET /projects/elsewhere%2Fdeep%2Fone", "GET /projects/moved%2Fredirected"]);

    // All objects are found, and no declared input differs.
    expect((await stack.refresh()).changed).toEqual([]);
    expect(tokensOf(...others)).toHaveLength(tokens);
    simulator.requests.length = 0;
    stack.program = program("before", 0, "after");
    expect((await stack.preview({ expectNoChanges: true })).changed).toEqual([]);
    expect(sent()).toEqual([]);

    // The refresh has read the agents' new paths. Writes also reach the moved projects: the old tokens are revoked there.
    const before = moved.agents().flatMap((id) => state.activeTokens(id));
    stack.program = program("before", 1, "after", "after");
    const up = await stack.up();
    expect(sent().filter((line) => /^GET \/projects\/[^/]+$/.test(line))).toEqual([]);
    expect(up.changed.map(({ op, name }) => `${op} ${name}`).sort()).toEqual(
      ["one", "two", "redirected"]
        .map((name) => `moving-token-${name}`)
        .flatMap((name) => [`create-replacement ${name}`, `delete-replaced ${name}`, `replace ${name}`])
        .sort(),
    );
    expect(before).toHaveLength(3);
    expect(before.every(({ status }) => status === "revoked")).toBe(true);
    expect(moved.agents().map((id) => state.activeTokens(id).length)).toEqual([1, 1, 1]);

    await stack.destroy();
    expect(moved.agents()).toEqual([]);
    expect(tokensOf(...others).filter(({ status }) => status === "active")).toEqual([]);
    expect(state.urlConfigurations).toEqual([]);
  });
});

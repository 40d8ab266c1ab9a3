import { existenceOfAgent, existenceOfToken, existenceOfUrlConfiguration } from "../../provider/presence";
import { ProjectAgent } from "../../provider/project";
import { startSimulator, type Simulator } from "../../simulator";
import { agentToken, clusterAgent, receptiveUrlConfig, configured, keyOf, nextRun, type Door } from "./doors";
import { Bench, messageOf } from "./repairs";

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());
beforeEach(async () => {
  simulator.reset();
  await configured(simulator);
});

const state = () => simulator.state;

/** What the state file has of an object, and the door that it goes through. */
interface Held {
  door: Door;
  id: string;
  props: Record<string, unknown>;
}

/** One of each kind, made by the lifecycles. */
async function one(kind: string): Promise<Held> {
  const project = "group/app";
  const agent = await clusterAgent.create({ project, name: "a" });
  if (kind === "agent") return { door: clusterAgent, id: agent.id, props: agent.outs as Held["props"] };
  const { agentId } = agent.outs as { agentId: number };
  const door = kind === "token" ? agentToken : receptiveUrlConfig;
  const rest = kind === "token" ? { name: "blue" } : { url: "grpc://agent.example.com:80" };
  const made = await door.create({ project, agentId, ...rest });
  // The engine unwraps what it sends back.
  return { door, id: made.id, props: JSON.parse(JSON.stringify(made.outs)) as Held["props"] };
}

/** Somebody deletes the object by hand. */
function remove(kind: string): void {
  const { id } = state().agent("a");
  if (kind === "agent") state().deleteAgent(id);
  else if (kind === "token") state().tokens.forEach((token) => state().revokeToken(token.id));
  else state().deleteUrlConfiguration(id);
}

/** How many of the kind GitLab still has. */
function count(kind: string): number {
  if (kind === "agent") return state().agents.length;
  return kind === "token" ? state().activeTokens().length : state().urlConfigurations.length;
}

const refresh = async ({ door, id, props }: Held): Promise<unknown> => await door.read(id, props);
const lookUp = async ({ door, id }: Held): Promise<unknown> => await door.read(id, {});
const remover = async ({ door, id, props }: Held): Promise<unknown> => {
  nextRun();
  return await door.delete(id, props);
};

const KINDS = ["agent", "token", "URL configuration"];
const role = (name: Parameters<Simulator["state"]["setRole"]>[1]) => () => state().setRole("maintainer", name);
const source = () =>
  new RegExp(
    `it came from \`${keyOf("token")}\` in the stack's configuration|credential came from \`${keyOf("token")}\``,
  );

describe.each(KINDS)("%s", (kind) => {
  test("gone: forgotten on refresh, a success on delete, an error on get", async () => {
    const held = await one(kind);
    remove(kind);
    expect(await refresh(held)).toEqual({});
    await remover(held);
    expect(await messageOf(lookUp(held))).toMatch(/has no .*(agent|token|URL configuration) \d+/);
  });

  test("gone with its agent", async () => {
    const held = await one(kind);
    state().deleteAgent(state().agent("a").id);
    expect(await refresh(held)).toEqual({});
    await remover(held);
  });

  test("there: nothing but its own request is sent", async () => {
    const held = await one(kind);
    simulator.requests.length = 0;
    expect(await refresh(held)).toMatchObject({ id: held.id });
    await remover(held);
    expect(simulator.requests.map(({ method }) => method)).toEqual(["GET", "DELETE"]);
    expect(count(kind)).toBe(0);
  });

  describe.each([
    ["the project is gone", () => state().deleteProject("group/app"), /shows this credential no project/],
    ["the credential is no member any more", role("none"), /shows this credential no project/],
    [
      "the credential is no member of a public project",
      () => {
        state().project("group/app").visibility = "public";
        state().setRole("maintainer", "none");
      },
      /sees project .*, but not its agents: that needs the Developer role|403/,
    ],
    ["the credential is a guest", role("guest"), /not its agents: that needs the Developer role|403/],
    ["the credential is a reporter", role("reporter"), /not its agents: that needs the Developer role|403/],
    ["the credential ran out", () => state().expireCredential("maintainer"), /401.*not expired or revoked/],
    ["the credential was replaced", () => state().rotateCredential("maintainer", "another"), /401/],
  ])("%s", (_, happen, cause) => {
    test.each([
      ["refresh", refresh],
      ["delete", remover],
      ["get", lookUp],
    ])("%s is an error that names cause, credential and remedy, and forgets nothing", async (_operation, operate) => {
      for (const gone of [false, true]) {
        simulator.reset();
        await configured(simulator);
        const held = await one(kind);
        if (gone) remove(kind);
        happen();
        const before = count(kind);
        const told = await messageOf(operate(held));
        expect(told).toMatch(cause);
        expect(told).toMatch(source());
        expect(told).not.toContain(simulator.tokens["maintainer"]);
        expect(count(kind)).toBe(before);
      }
    });
  });

  test("a developer may read, and is not believed to have deleted", async () => {
    for (const gone of [false, true]) {
      simulator.reset();
      const held = await one(kind);
      if (gone) remove(kind);
      state().setRole("maintainer", "developer");
      const told = await messageOf(remover(held));
      expect(told).toMatch(/403.*(role Maintainer)/);
      expect(told).toMatch(source());
      if (kind === "URL configuration") expect(await messageOf(refresh(held))).toMatch(/403.*role Maintainer/);
      else expect(await refresh(held)).toEqual(gone ? {} : expect.objectContaining({ id: held.id }));
    }
  });

  test("a single 404 for an object that the list shows is not believed", async () => {
    const held = await one(kind);
    const rule = {
      kind: "status",
      status: 404,
      path: "/**/cluster_agents/**",
      body: { message: "404 Not found" },
    } as const;
    simulator.faults.add({ ...rule, method: "DELETE" });
    expect(await messageOf(remover(held))).toMatch(/list still shows the object.*still in the state/);
    simulator.faults.add({ ...rule, method: "GET" });
    expect(await messageOf(refresh(held))).toMatch(/list still shows the object/);
    expect(count(kind)).toBe(1);
  });

  test("the probes of a 404 survive faults", async () => {
    const bench = new Bench();
    await bench.open();
    const { state, faults } = bench.simulator;
    const agent = state.createAgent(101, "a");
    for (const fault of ["commitThenStatus", "cutBody", "dropBefore", "unparsable"] as const)
      faults.add({ kind: fault, method: "GET", path: "/**", times: 2 });
    const operation = bench.begin("read it");
    const probe = {
      agent: (bound: ProjectAgent) => existenceOfAgent(bound, bound.agentId),
      token: existenceOfToken,
      "URL configuration": existenceOfUrlConfiguration,
    };
    const absent = kind === "agent" ? agent.id + 1 : agent.id;
    expect(
      await probe[kind as keyof typeof probe](
        new ProjectAgent(operation, { project: "group/app", agentId: absent }),
        1,
      ),
    ).toEqual({ verdict: "gone" });
    expect(faults.list().map(({ remaining }) => remaining)).toEqual([0, 0, 0, 0]);
    await bench.simulator.close();
  });

  test("a probe that fails for good is an error, and forgets nothing", async () => {
    await configured(simulator, { maxRetries: "0" });
    const held = await one(kind);
    remove(kind);
    simulator.faults.add({ kind: "status", status: 503, method: "GET", path: /^\/projects\/[^/]+$/, times: Infinity });
    expect(await messageOf(refresh(held))).toMatch(/GET \/api\/v4\/projects\/.* answered 503/);
    // GitLab revokes a revoked token again without a word: nothing has to be probed.
    if (kind !== "token") expect(await messageOf(remover(held))).toMatch(/answered 503/);
  });

  test("a project that was renamed is found by its id", async () => {
    for (const redirect of [true, false]) {
      simulator.reset();
      const held = await one(kind);
      state().renameProject("group/app", "elsewhere/app", { redirect });
      expect(await refresh(held)).toMatchObject({ id: held.id });
      await remover(held);
      expect(count(kind)).toBe(0);
    }
  });
});

describe.each([
  ["not licensed", () => (state().project("group/app").licensed = false)],
  ["switched off", () => (state().settings.receptiveEnabled = false)],
])("receptive agents are %s", (_, happen) => {
  test.each([
    ["refresh", refresh],
    ["delete", remover],
    ["get", lookUp],
  ])("%s of a URL configuration is an error that says so", async (_operation, operate) => {
    const held = await one("URL configuration");
    happen();
    const told = await messageOf(operate(held));
    expect(told).toMatch(
      /The agent exists, but GitLab answers 404 for every URL configuration.*Ultimate.*administrator/,
    );
    expect(told).toMatch(/still in the state.*`pulumi state delete <urn>`/);
    expect(count("URL configuration")).toBe(1);
  });

  test("what goes with its agent is gone all the same; tokens are not concerned", async () => {
    const config = await one("URL configuration");
    state().deleteAgent(state().agent("a").id);
    const token = await one("token");
    happen();
    expect(await refresh(config)).toEqual({});
    await remover(config);
    expect(await refresh(token)).toMatchObject({ id: token.id });
    await remover(token);
  });
});

// No agent of this process has told the project's number: it is given as a path, and the agent by its number alone.
describe.each(["token", "URL configuration"])("%s of an agent that is given by its number alone", (kind) => {
  const path = kind === "token" ? "lone/token" : "lone/receptive";
  const make = async (): Promise<Held> => {
    nextRun();
    const project = state().createProject({ path });
    const agent = state().createAgent(project.id, "a");
    const door = kind === "token" ? agentToken : receptiveUrlConfig;
    const rest = kind === "token" ? { name: "blue" } : { url: "grpc://agent.example.com:80" };
    const made = await door.create({ project: path, agentId: agent.id, ...rest });
    return { door, id: made.id, props: JSON.parse(JSON.stringify(made.outs)) as Held["props"] };
  };

  test("is found where its project moved and another took the path; one request learnt the number", async () => {
    const held = await make();
    expect(simulator.requests.filter(({ path: asked }) => /\/projects\/[^/]+$/.test(asked))).toHaveLength(1);
    state().renameProject(path, `${path}-elsewhere`, { redirect: false });
    state().createProject({ path });
    expect(await refresh(held)).not.toEqual({});
    expect(count(kind)).toBe(1);
    await remover(held);
    expect(count(kind)).toBe(0);
  });
});

/** What was asked for since the last call, ids as N, and how often. */
function asked(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { method, path, query } of simulator.requests) {
    const place = path.replace(/^.*\/projects\/[^/]+/, "project").replaceAll(/\/\d+/g, "/N");
    const line = `${method} ${place}${query.includes("page=") ? " list" : ""}`;
    counts[line] = (counts[line] ?? 0) + 1;
  }
  simulator.requests.length = 0;
  return counts;
}

/** As the engine does: some at once, the next as soon as one is done. */
async function inTurns<T>(items: readonly T[], run: (item: T) => Promise<unknown>): Promise<unknown[]> {
  const left = [...items];
  const outcomes: unknown[] = [];
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) outcomes.push(await run(item));
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  return outcomes;
}

describe("many objects that were deleted by hand", () => {
  const LIST = "GET project/cluster_agents list";
  const forgotten = (outcomes: unknown[]) => outcomes.filter((found) => JSON.stringify(found) === "{}").length;

  /** So many agents as an earlier process recorded them, with a token each where `tokens` says so. */
  function many(count: number, { tokens = false } = {}): { agents: Held[]; tokens: Held[] } {
    const held: { agents: Held[]; tokens: Held[] } = { agents: [], tokens: [] };
    for (let i = 0; i < count; i++) {
      const { id: agentId, name } = state().createAgent("group/app", `agent-${i}`);
      const configProject = { id: 101, pathWithNamespace: "group/app" };
      const agent = { project: "group/app", name, agentId, configProject };
      held.agents.push({ door: clusterAgent, id: `group/app:${agentId}`, props: agent });
      if (!tokens) continue;
      const { id: tokenId } = state().createToken(agentId, "t");
      const token = { project: "group/app", agentId, name: "t", tokenId, projectId: 101 };
      held.tokens.push({ door: agentToken, id: `group/app:${agentId}:${tokenId}`, props: token });
    }
    return held;
  }

  // A client of its own: what it has asked for before is not known to the next.
  let headers = 0;
  beforeEach(() => configured(simulator, { headers: JSON.stringify({ "X-Test": `${++headers}` }) }));

  test("refresh of 600 agents of which 200 are gone: six pages, one GET a missing one, the project once", async () => {
    const { agents } = many(600);
    for (const { props } of agents.filter((_, i) => i % 3 === 1)) state().deleteAgent(props["agentId"] as number);
    expect(forgotten(await inTurns(agents, refresh))).toBe(200);
    const { [LIST]: lists, ...others } = asked();
    expect(lists).toBeLessThanOrEqual(6);
    expect(others).toEqual({ "GET project/cluster_agents/N": 200, "GET project": 1 });
  });

  test.each([
    ["some", 20],
    ["all", 60],
  ])("destroy of 60 agents with a token each, of which %s were deleted by hand", async (_, gone) => {
    const { agents, tokens } = many(60, { tokens: true });
    for (const { props } of agents.slice(0, gone)) state().deleteAgent(props["agentId"] as number);
    await inTurns(tokens, remover);
    await inTurns(agents, remover);
    expect(asked()).toEqual({
      "DELETE project/cluster_agents/N/tokens/N": 60,
      "DELETE project/cluster_agents/N": 60,
      "GET project": 1,
      [LIST]: 1,
    });
    expect(state().agents).toEqual([]);
  });

  test("refresh of tokens whose agents are gone: one GET each; of revoked ones: one list more each", async () => {
    const { tokens } = many(60, { tokens: true });
    for (const { props } of tokens.slice(0, 20)) state().deleteAgent(props["agentId"] as number);
    for (const { props } of tokens.slice(20, 30)) state().revokeToken(props["tokenId"] as number);
    expect(forgotten(await inTurns(tokens, refresh))).toBe(30);
    expect(asked()).toEqual({
      "GET project/cluster_agents/N/tokens/N": 60,
      [LIST]: 1,
      "GET project": 1,
      "GET project/cluster_agents/N/tokens list": 10,
    });
  });

  test("the deletion of one token whose agent is gone costs two requests", async () => {
    const { tokens } = many(1, { tokens: true });
    state().deleteAgent(state().agent("agent-0").id);
    await inTurns(tokens, remover);
    expect(asked()).toEqual({ "DELETE project/cluster_agents/N/tokens/N": 1, [LIST]: 1 });
  });

  test("a list that was kept does not speak for a project that is hidden since", async () => {
    const { agents } = many(12);
    state().deleteAgent(state().agent("agent-0").id);
    expect(forgotten(await inTurns(agents, refresh))).toBe(1);
    state().setRole("maintainer", "none");
    for (const operate of [remover, refresh]) {
      for (const held of agents.slice(1)) {
        expect(await messageOf(operate(held))).toMatch(/shows this credential no project.*still in the state/);
      }
    }
    expect(state().agents).toHaveLength(11);
  });

  test("an agent that is made after the list was kept is not taken for gone", async () => {
    const { agents } = many(12);
    state().deleteAgent(state().agent("agent-0").id);
    await inTurns(agents, refresh);
    const later = await one("agent");
    simulator.faults.add({ kind: "status", status: 404, method: "GET", path: "/**/cluster_agents/*", times: 2 });
    const told = await messageOf(refresh(later));
    expect(told).toMatch(/list still shows the object.*still in the state/);
  });
});

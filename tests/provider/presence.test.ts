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

/** An object as the state file records it, and the door of its kind. */
interface Held {
  door: Door;
  id: string;
  props: Record<string, unknown>;
}

/** Creates an object of the kind through the lifecycles. */
async function createdObject(kind: string): Promise<Held> {
  const project = "group/app";
  const agent = await clusterAgent.create({ project, name: "a" });
  if (kind === "agent") return { door: clusterAgent, id: agent.id, props: agent.outs as Held["props"] };
  const { agentId } = agent.outs as { agentId: number };
  const door = kind === "token" ? agentToken : receptiveUrlConfig;
  const rest = kind === "token" ? { name: "blue" } : { url: "grpc://agent.example.com:80" };
  const created = await door.create({ project, agentId, ...rest });
  // The engine removes the secret marks from what it sends back.
  return { door, id: created.id, props: JSON.parse(JSON.stringify(created.outs)) as Held["props"] };
}

/** Deletes the object by hand. */
function remove(kind: string): void {
  const { id } = state().agent("a");
  if (kind === "agent") state().deleteAgent(id);
  else if (kind === "token") state().tokens.forEach((token) => state().revokeToken(token.id));
  else state().deleteUrlConfiguration(id);
}

/** The number of objects of the kind in GitLab. */
function count(kind: string): number {
  if (kind === "agent") return state().agents.length;
  return kind === "token" ? state().activeTokens().length : state().urlConfigurations.length;
}

const refresh = async ({ door, id, props }: Held): Promise<unknown> => await door.read(id, props);
const lookUp = async ({ door, id }: Held): Promise<unknown> => await door.read(id, {});
const removeByProvider = async ({ door, id, props }: Held): Promise<unknown> => {
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
  test("gone: removed from the state by refresh, deleted without an error, an error on get", async () => {
    const held = await createdObject(kind);
    remove(kind);
    expect(await refresh(held)).toEqual({});
    await removeByProvider(held);
    expect(await messageOf(lookUp(held))).toMatch(/has no .*(agent|token|URL configuration) \d+/);
  });

  test("gone with its agent", async () => {
    const held = await createdObject(kind);
    state().deleteAgent(state().agent("a").id);
    expect(await refresh(held)).toEqual({});
    await removeByProvider(held);
  });

  test("existing: only the request for the object itself is sent", async () => {
    const held = await createdObject(kind);
    simulator.requests.length = 0;
    expect(await refresh(held)).toMatchObject({ id: held.id });
    await removeByProvider(held);
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
      ["delete", removeByProvider],
      ["get", lookUp],
    ])(
      "%s is an error that names the cause, the credential's source and the remedy, and removes nothing from the state",
      async (_operation, operate) => {
        for (const gone of [false, true]) {
          simulator.reset();
          await configured(simulator);
          const held = await createdObject(kind);
          if (gone) remove(kind);
          happen();
          const before = count(kind);
          const message = await messageOf(operate(held));
          expect(message).toMatch(cause);
          expect(message).toMatch(source());
          expect(message).not.toContain(simulator.tokens["maintainer"]);
          expect(count(kind)).toBe(before);
        }
      },
    );
  });

  test("a developer may read, and gets an error for a deletion", async () => {
    for (const gone of [false, true]) {
      simulator.reset();
      const held = await createdObject(kind);
      if (gone) remove(kind);
      state().setRole("maintainer", "developer");
      const message = await messageOf(removeByProvider(held));
      expect(message).toMatch(/403.*(role Maintainer)/);
      expect(message).toMatch(source());
      if (kind === "URL configuration") expect(await messageOf(refresh(held))).toMatch(/403.*role Maintainer/);
      else expect(await refresh(held)).toEqual(gone ? {} : expect.objectContaining({ id: held.id }));
    }
  });

  test("a single 404 for an object that the list shows is not taken as proof", async () => {
    const held = await createdObject(kind);
    const rule = {
      kind: "status",
      status: 404,
      path: "/**/cluster_agents/**",
      body: { message: "404 Not found" },
    } as const;
    simulator.faults.add({ ...rule, method: "DELETE" });
    expect(await messageOf(removeByProvider(held))).toMatch(/list still shows the object.*still in the state/);
    simulator.faults.add({ ...rule, method: "GET" });
    expect(await messageOf(refresh(held))).toMatch(/list still shows the object/);
    expect(count(kind)).toBe(1);
  });

  test("the requests that explain a 404 are retried after faults", async () => {
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

  test("an explaining request that keeps failing is an error, and removes nothing from the state", async () => {
    await configured(simulator, { maxRetries: "0" });
    const held = await createdObject(kind);
    remove(kind);
    simulator.faults.add({ kind: "status", status: 503, method: "GET", path: /^\/projects\/[^/]+$/, times: Infinity });
    expect(await messageOf(refresh(held))).toMatch(/GET \/api\/v4\/projects\/.* answered 503/);
    // GitLab revokes a revoked token again without an error, so a deletion needs no explaining request.
    if (kind !== "token") expect(await messageOf(removeByProvider(held))).toMatch(/answered 503/);
  });

  test("a renamed project is found by its id", async () => {
    for (const redirect of [true, false]) {
      simulator.reset();
      const held = await createdObject(kind);
      state().renameProject("group/app", "elsewhere/app", { redirect });
      expect(await refresh(held)).toMatchObject({ id: held.id });
      await removeByProvider(held);
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
    ["delete", removeByProvider],
    ["get", lookUp],
  ])("%s of a URL configuration is an error that says so", async (_operation, operate) => {
    const held = await createdObject("URL configuration");
    happen();
    const message = await messageOf(operate(held));
    expect(message).toMatch(
      /The agent exists, but GitLab answers 404 for every URL configuration.*Ultimate.*administrator/,
    );
    expect(message).toMatch(/still in the state.*`pulumi state delete <urn>`/);
    expect(count("URL configuration")).toBe(1);
  });

  test("a configuration whose agent is deleted is gone, and tokens are not affected", async () => {
    const config = await createdObject("URL configuration");
    state().deleteAgent(state().agent("a").id);
    const token = await createdObject("token");
    happen();
    expect(await refresh(config)).toEqual({});
    await removeByProvider(config);
    expect(await refresh(token)).toMatchObject({ id: token.id });
    await removeByProvider(token);
  });
});

// No agent in this process has reported the project's number: the project is declared as a path, and the agent by its id alone.
describe.each(["token", "URL configuration"])("%s of an agent that is declared by its id alone", (kind) => {
  const path = kind === "token" ? "lone/token" : "lone/receptive";
  const make = async (): Promise<Held> => {
    nextRun();
    const project = state().createProject({ path });
    const agent = state().createAgent(project.id, "a");
    const door = kind === "token" ? agentToken : receptiveUrlConfig;
    const rest = kind === "token" ? { name: "blue" } : { url: "grpc://agent.example.com:80" };
    const created = await door.create({ project: path, agentId: agent.id, ...rest });
    return { door, id: created.id, props: JSON.parse(JSON.stringify(created.outs)) as Held["props"] };
  };

  test("is found after its project moved and another took the path, since one request recorded the project's number", async () => {
    const held = await make();
    expect(
      simulator.requests.filter(({ path: requestCounts }) => /\/projects\/[^/]+$/.test(requestCounts)),
    ).toHaveLength(1);
    state().renameProject(path, `${path}-elsewhere`, { redirect: false });
    state().createProject({ path });
    expect(await refresh(held)).not.toEqual({});
    expect(count(kind)).toBe(1);
    await removeByProvider(held);
    expect(count(kind)).toBe(0);
  });
});

/** The requests since the last call and their counts, with ids replaced by N. */
function requestCounts(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { method, path, query } of simulator.requests) {
    const place = path.replace(/^.*\/projects\/[^/]+/, "project").replaceAll(/\/\d+/g, "/N");
    const line = `${method} ${place}${query.includes("page=") ? " list" : ""}`;
    counts[line] = (counts[line] ?? 0) + 1;
  }
  simulator.requests.length = 0;
  return counts;
}

/** Like the engine: eight at once, and the next one as soon as one ends. */
async function inTurns<T>(items: readonly T[], run: (item: T) => Promise<unknown>): Promise<unknown[]> {
  const remaining = [...items];
  const outcomes: unknown[] = [];
  const worker = async () => {
    for (let item = remaining.shift(); item !== undefined; item = remaining.shift()) outcomes.push(await run(item));
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  return outcomes;
}

describe("many objects that were deleted by hand", () => {
  const LIST = "GET project/cluster_agents list";
  const removed = (outcomes: unknown[]) => outcomes.filter((found) => JSON.stringify(found) === "{}").length;

  /** Creates agents, and returns their records as an earlier process left them; with `tokens`, each agent has a token. */
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

  // Each test has its own client, so that none uses another test's cached responses.
  let headers = 0;
  beforeEach(() => configured(simulator, { headers: JSON.stringify({ "X-Test": `${++headers}` }) }));

  test("refresh of 600 agents of which 200 are gone: six pages, one GET for each missing agent, one GET of the project", async () => {
    const { agents } = many(600);
    for (const { props } of agents.filter((_, i) => i % 3 === 1)) state().deleteAgent(props["agentId"] as number);
    expect(removed(await inTurns(agents, refresh))).toBe(200);
    const { [LIST]: lists, ...others } = requestCounts();
    expect(lists).toBeLessThanOrEqual(6);
    expect(others).toEqual({ "GET project/cluster_agents/N": 200, "GET project": 1 });
  });

  test.each([
    ["some", 20],
    ["all", 60],
  ])("destroy of 60 agents with a token each, of which %s were deleted by hand", async (_, gone) => {
    const { agents, tokens } = many(60, { tokens: true });
    for (const { props } of agents.slice(0, gone)) state().deleteAgent(props["agentId"] as number);
    await inTurns(tokens, removeByProvider);
    await inTurns(agents, removeByProvider);
    expect(requestCounts()).toEqual({
      "DELETE project/cluster_agents/N/tokens/N": 60,
      "DELETE project/cluster_agents/N": 60,
      "GET project": 1,
      [LIST]: 1,
    });
    expect(state().agents).toEqual([]);
  });

  test("refresh of tokens whose agents are gone: one GET each; of revoked tokens: one additional list each", async () => {
    const { tokens } = many(60, { tokens: true });
    for (const { props } of tokens.slice(0, 20)) state().deleteAgent(props["agentId"] as number);
    for (const { props } of tokens.slice(20, 30)) state().revokeToken(props["tokenId"] as number);
    expect(removed(await inTurns(tokens, refresh))).toBe(30);
    expect(requestCounts()).toEqual({
      "GET project/cluster_agents/N/tokens/N": 60,
      [LIST]: 1,
      "GET project": 1,
      "GET project/cluster_agents/N/tokens list": 10,
    });
  });

  test("deleting one token whose agent is gone takes two requests", async () => {
    const { tokens } = many(1, { tokens: true });
    state().deleteAgent(state().agent("agent-0").id);
    await inTurns(tokens, removeByProvider);
    expect(requestCounts()).toEqual({ "DELETE project/cluster_agents/N/tokens/N": 1, [LIST]: 1 });
  });

  test("a cached list is not used as proof once the project is hidden", async () => {
    const { agents } = many(12);
    state().deleteAgent(state().agent("agent-0").id);
    expect(removed(await inTurns(agents, refresh))).toBe(1);
    state().setRole("maintainer", "none");
    for (const operate of [removeByProvider, refresh]) {
      for (const held of agents.slice(1)) {
        expect(await messageOf(operate(held))).toMatch(/shows this credential no project.*still in the state/);
      }
    }
    expect(state().agents).toHaveLength(11);
  });

  test("an agent that is created after the list was cached is not reported as gone", async () => {
    const { agents } = many(12);
    state().deleteAgent(state().agent("agent-0").id);
    await inTurns(agents, refresh);
    const later = await createdObject("agent");
    simulator.faults.add({ kind: "status", status: 404, method: "GET", path: "/**/cluster_agents/*", times: 2 });
    const message = await messageOf(refresh(later));
    expect(message).toMatch(/list still shows the object.*still in the state/);
  });
});

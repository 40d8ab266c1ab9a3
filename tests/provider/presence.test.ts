import { agentToken, clusterAgent, receptiveUrlConfig } from "../../provider";
import { presenceOfAgent, presenceOfToken, presenceOfUrlConfiguration } from "../../provider/presence";
import { startSimulator, type Simulator } from "../../simulator";
import { configured, type Door } from "./doors";
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
  const agent = await (clusterAgent as Door).create({ project, name: "a" });
  if (kind === "agent") return { door: clusterAgent as Door, id: agent.id, props: agent.outs as Held["props"] };
  const { agentId } = agent.outs as { agentId: number };
  const door = (kind === "token" ? agentToken : receptiveUrlConfig) as Door;
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
const remover = async ({ door, id, props }: Held): Promise<unknown> => await door.delete(id, props);

const KINDS = ["agent", "token", "URL configuration"];
const role = (name: Parameters<Simulator["state"]["setRole"]>[1]) => () => state().setRole("maintainer", name);
const SOURCE = /it came from `gitlab:token` in the stack's configuration|credential came from `gitlab:token`/;

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
        expect(told).toMatch(SOURCE);
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
      expect(told).toMatch(SOURCE);
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
    expect(await messageOf(remover(held))).toMatch(/list shows the object all the same.*state still holds it/);
    simulator.faults.add({ ...rule, method: "GET" });
    expect(await messageOf(refresh(held))).toMatch(/list shows the object all the same/);
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
    const probe = { agent: presenceOfAgent, token: presenceOfToken, "URL configuration": presenceOfUrlConfiguration };
    const absent = kind === "agent" ? agent.id + 1 : agent.id;
    expect(await probe[kind as keyof typeof probe](operation, "group/app", absent, 1)).toEqual({ verdict: "gone" });
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
      /The agent is there, but GitLab answers 404 for every URL configuration.*Ultimate.*administrator/,
    );
    expect(told).toMatch(/state still holds it.*`pulumi state delete <urn>`/);
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
    const project = state().createProject({ path });
    const agent = state().createAgent(project.id, "a");
    const door = (kind === "token" ? agentToken : receptiveUrlConfig) as Door;
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

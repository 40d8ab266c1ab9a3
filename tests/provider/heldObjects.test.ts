import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { agentToken, clusterAgent, receptiveUrlConfig, configured, nextRun, UNKNOWN, type Door } from "./doors";

// The calls that the engine makes to one process in one update, in its order: check, diff, create, delete.
let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());

let printed: string[];
beforeEach(async () => {
  simulator.reset();
  await configured(simulator);
  nextRun();
  printed = [];
  jest.spyOn(process.stdout, "write").mockImplementation((text) => printed.push(String(text)) > 0);
});
afterEach(() => jest.restoreAllMocks());

type Inputs = Record<string, unknown>;

interface Row {
  door: Door;
  /** Creates the object by hand. */
  make: () => number;
  inputs: () => Inputs;
  /** A change that replaces the object. */
  change: Inputs;
  alive: () => number[];
}

const agentId = () => simulator.state.agent("there").id;
const ROWS: Record<string, Row> = {
  agent: {
    door: clusterAgent,
    make: () => simulator.state.createAgent(101, "one", 1).id,
    inputs: () => ({ project: "group/app", name: "one" }),
    change: { name: "other" },
    alive: () => simulator.state.agents.filter(({ name }) => name !== "there").map(({ id }) => id),
  },
  token: {
    door: agentToken,
    make: () => simulator.state.createToken(agentId(), "one", null, 1).id,
    inputs: () => ({ project: "group/app", agentId: agentId(), name: "one" }),
    change: { rotationTriggers: { month: 12 } },
    alive: () => simulator.state.activeTokens().map(({ id }) => id),
  },
  "URL configuration": {
    door: receptiveUrlConfig,
    make: () => simulator.state.setUrlConfiguration(agentId(), { url: "grpc://one.example.com:80" }).id,
    inputs: () => ({ project: "group/app", agentId: agentId(), url: "grpc://one.example.com:80" }),
    change: { url: "grpc://other.example.com:80" },
    alive: () => simulator.state.urlConfigurations.map(({ id }) => id),
  },
};

describe.each(Object.entries(ROWS))("%s", (kind, { door, make, inputs, change, alive }) => {
  const extra = kind === "token" ? { allowMissingToken: true } : {};
  const stateId = (number: number) => (kind === "agent" ? `group/app:${number}` : `group/app:${agentId()}:${number}`);
  const imported = (number: number, more: Inputs = {}): Inputs => ({
    ...inputs(),
    ...extra,
    ...more,
    importId: stateId(number),
  });
  const check = async (olds: Inputs, news: Inputs) => {
    const result = await door.check(olds, news);
    expect(result.failures ?? []).toEqual([]);
    return result.inputs as Inputs;
  };
  const createdBefore = async (given: Inputs) => {
    const created = await door.create(await check({}, given));
    nextRun();
    return { id: created.id, outs: JSON.parse(JSON.stringify(created.outs)) as Inputs };
  };
  const requests = (method: string) => simulator.requests.filter((one) => one.method === method).length;
  const warnings = () => printed.filter((line) => line.startsWith("warning: "));
  let number: number;
  beforeEach(() => {
    simulator.state.createAgent(101, "there", 1);
    number = make();
  });

  test("replaced by force while `import` is still declared: imported again, and not deleted", async () => {
    const { id, outs } = await createdBefore(imported(number));
    const again = await door.create(await check({}, imported(number)));
    expect(again.id).toBe(id);
    await door.delete(id, outs);
    expect(alive()).toEqual([number]);
    expect(warnings()).toEqual([
      expect.stringMatching(
        new RegExp(`${kind} ${number}.* was not deleted.*\`import\` is still set, so the same ${kind} was taken over`),
      ),
    ]);
    expect(requests("DELETE")).toBe(0);
  });

  test("a second resource with the same import gets the same object, although the diff of the first is not known yet", async () => {
    const { id, outs } = await createdBefore(imported(number));
    await check(imported(number), imported(number));
    // The engine calls diff in parallel, so the creation can come first.
    const twin = await door.create(await check({}, imported(number)));
    expect(twin.id).toBe(id);
    expect((await door.diff(id, outs, imported(number))).changes).toBe(false);
    expect(alive()).toEqual([number]);
  });

  test("the same with delete first: the object is kept before the import, and only if the import can succeed", async () => {
    const { id, outs } = await createdBefore(imported(number));
    const accepted = await check({}, imported(number));
    await door.delete(id, outs);
    expect(warnings()).toHaveLength(1);
    expect((await door.create(accepted)).id).toBe(id);
    nextRun();
    if (kind !== "token") {
      // Check could not compare the object, since GitLab did not respond to it.
      simulator.faults.add({ kind: "status", status: 503, times: Infinity });
      await check({}, imported(number, change));
      simulator.faults.clear();
      await expect(door.delete(id, outs)).rejects.toThrow(/Could not import .* differs from the declared inputs/);
    }
    expect(alive()).toEqual([number]);
  });

  test("replaced by force after `import` was removed, delete first: deleted", async () => {
    const { id, outs } = await createdBefore(imported(number));
    await check({}, { ...inputs(), ...extra });
    await door.delete(id, outs);
    expect(alive()).toEqual([]);
    expect(warnings()).toEqual([]);
  });

  test("replaced by a change while `import` is still declared: a new object is created, and the old one is deleted", async () => {
    const { id, outs } = await createdBefore(imported(number));
    const news = imported(number, change);
    // The import id may spell the project differently and still name the same object.
    const olds = { ...imported(number), importId: stateId(number).replace("group/app", "101") };
    const diff = await door.diff(id, outs, await check(olds, news));
    expect(diff.changes).toBe(true);
    const accepted = await check({}, news);
    if (kind === "URL configuration") await door.delete(id, outs);
    const created = await door.create(accepted);
    expect(created.id).not.toBe(id);
    if (kind !== "URL configuration") await door.delete(id, outs);
    expect(alive()).toEqual([Number(created.id.split(":").pop())]);
  });

  test("a deletion left by a killed update, of an object that a resource still has unchanged: sends nothing", async () => {
    const { id, outs } = await createdBefore(imported(number));
    const accepted = await check(imported(number), imported(number));
    expect((await door.diff(id, outs, accepted)).changes).toBe(false);
    simulator.requests.length = 0;
    await door.delete(id, outs);
    expect(simulator.requests).toEqual([]);
    expect(warnings()).toEqual([expect.stringMatching(/A resource of this program still has it/)]);
  });

  test("refreshed, then removed from the program or destroyed: deleted", async () => {
    const { id, outs } = await createdBefore(imported(number));
    const found = await door.read(id, outs);
    expect((await door.diff(id, JSON.parse(JSON.stringify(found.props)) as Inputs, imported(number))).changes).toBe(
      false,
    );
    await door.delete(id, outs);
    expect(alive()).toEqual([]);
  });

  test("deleted first because its dependency is replaced, while `import` is still declared: a new object is created", async () => {
    const { id, outs } = await createdBefore(imported(number));
    const dependent = await door.diff(id, outs, { ...imported(number), project: UNKNOWN });
    expect(dependent.replaces).toContain("project");
    await door.delete(id, outs);
    const created = await door.create(await check({}, imported(number)));
    expect(alive()).toEqual([Number(created.id.split(":").pop())]);
    expect(created.id).not.toBe(id);
  });
});

test("a token's import does not affect the import of a URL configuration with the same numbers", async () => {
  const there = simulator.state.createAgent(101, "there", 1);
  const [token, configuration] = [ROWS["token"]!, ROWS["URL configuration"]!];
  expect([token.make(), configuration.make()]).toEqual([1, 1]);
  const importId = `group/app:${there.id}:1`;
  const followed = { ...token.inputs(), allowMissingToken: true, importId };
  await token.door.check(followed, followed);
  const { inputs } = await configuration.door.check({}, { ...configuration.inputs(), importId });
  expect((await configuration.door.create(inputs)).id).toBe(importId);
  expect(simulator.requests.filter(({ method }) => method !== "GET")).toEqual([]);
});

test("an object that prevents a creation is named: first as one under a former name, then as another resource's", async () => {
  for (const owned of [false, true]) {
    simulator.reset();
    nextRun();
    const there = simulator.state.createAgent(101, "there", 1);
    // Uses up the numbers that other tests of this process have used.
    for (let past = 0; past < 100; past++) simulator.state.setUrlConfiguration(there.id, { url: "grpc://past:1" });
    for (const [kind, { door, make, inputs }] of Object.entries(ROWS)) {
      const ids = kind === "token" ? [make(), make()] : [make()];
      const prefix = kind === "agent" ? "group/app" : `group/app:${there.id}`;
      const olds = { ...inputs(), configProject: { id: 101 } };
      if (owned) for (const id of ids) await door.diff(`${prefix}:${id}`, olds, inputs());
      const message = await door.create({ ...inputs(), name: "one" }).then(String, (error: Error) => error.message);
      expect(message).toContain('aliases: [{ name: "<its former name>" }]');
      if (owned) expect(message).toMatch(/Another resource of this program has|A resource of this stack has it/);
    }
  }
});

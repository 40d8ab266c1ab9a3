import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { agentToken, clusterAgent, receptiveUrlConfig } from "../../provider";
import { configured, nextRun, refused, type Door } from "./doors";

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
const plain = (outs: unknown) => JSON.parse(JSON.stringify(outs)) as Inputs;

const ROWS: Record<string, { door: Door; make: () => [string, Inputs]; remove: () => void; alive: () => number[] }> = {
  agent: {
    door: clusterAgent as Door,
    make: () => [`group/app:${simulator.state.createAgent(101, "one", 1).id}`, { project: "group/app", name: "one" }],
    remove: () => simulator.state.deleteAgent(1),
    alive: () => simulator.state.agents.map(({ id }) => id),
  },
  token: {
    door: agentToken as Door,
    make: () => {
      const agentId = simulator.state.createAgent(101, "one", 1).id;
      const { id } = simulator.state.createToken(agentId, "one", null, 1);
      return [`group/app:${agentId}:${id}`, { project: "group/app", agentId, name: "one", allowMissingToken: true }];
    },
    remove: () => simulator.state.revokeToken(1),
    alive: () => simulator.state.activeTokens().map(({ id }) => id),
  },
  "URL configuration": {
    door: receptiveUrlConfig as Door,
    make: () => {
      const agentId = simulator.state.createAgent(101, "one", 1).id;
      const url = "grpc://one.example.com:80";
      const { id } = simulator.state.setUrlConfiguration(agentId, { url });
      return [`group/app:${agentId}:${id}`, { project: "group/app", agentId, url }];
    },
    remove: () => simulator.state.deleteUrlConfiguration(1),
    alive: () => simulator.state.urlConfigurations.map(({ id }) => id),
  },
};

describe.each(Object.entries(ROWS))("%s", (kind, { door, make, remove, alive }) => {
  const check = async (olds: Inputs, news: Inputs) => {
    const result = await door.check(olds, news);
    expect(result.failures ?? []).toEqual([]);
    return result.inputs as Inputs;
  };

  /** Imports an object, deletes it by hand, and refreshes the resource in the next run. */
  async function refreshed() {
    const [importId, declared] = make();
    const inputs = { ...declared, importId };
    const created = await door.create(await check({}, inputs));
    nextRun();
    remove();
    const found = await door.read(created.id, plain(created.outs));
    nextRun();
    return { declared, inputs, id: created.id, found };
  }

  test.each(["left in", "taken away", "taken away and set again"])(
    "imported, deleted by hand and refreshed, with the option %s: the next update creates a new object",
    async (option) => {
      const { declared, inputs, id, found } = await refreshed();
      expect(found.id).toBe(id);
      expect(printed.join("")).toMatch(
        new RegExp(`${kind} 1 .*, which was imported, no longer exists in GitLab\\. The next \`pulumi up\` creates`),
      );
      // A second refresh changes nothing.
      expect(plain((await door.read(id, plain(found.props))).props)).toEqual(plain(found.props));
      nextRun();
      const olds = option === "taken away and set again" ? declared : inputs;
      const news = option === "taken away" ? declared : inputs;
      const diff = await door.diff(id, plain(found.props), await check(olds, news));
      expect(diff).toEqual({ changes: true, replaces: ["missing"], deleteBeforeReplace: false });
      const created = await door.create(await check({}, news));
      await door.delete(id, plain(found.props));
      expect(created.id).not.toBe(id);
      expect(alive()).toEqual([Number(created.id.split(":").pop())]);
      // The new object is an ordinary one: if it is deleted by hand, it is removed from the state.
      expect(plain(created.outs)).not.toHaveProperty("imported");
      expect(plain(created.outs)).not.toHaveProperty("missing");
    },
  );

  test("secret outputs of a missing object stay marked", async () => {
    const [importId, declared] = make();
    const created = await door.create(await check({}, { ...declared, importId }));
    remove();
    const found = await door.read(created.id, { ...plain(created.outs), token: "glagent-x", clientKey: "key" });
    const marked = (value: string) => ({ "4dabf18193072939515e22adb298388d": expect.any(String) as string, value });
    expect(found.props).toMatchObject({ token: marked("glagent-x"), clientKey: marked("key") });
  });

  test("the import of an object that never existed is refused, and nothing is created", async () => {
    const [importId, declared] = make();
    remove();
    expect(await refused(door, { ...declared, importId })).toEqual([
      expect.stringMatching(/There is no such .*import/),
    ]);
  });
});

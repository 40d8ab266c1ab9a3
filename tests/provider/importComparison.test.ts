import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { agentToken, clusterAgent, receptiveUrlConfig } from "../../provider";
import { expectEntry } from "../support/catalogue";
import { configured, nextRun, refused, UNKNOWN, type Door } from "./doors";

// Check as in a preview of a resource that is not in the state yet: without earlier inputs.
let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());

let clients = 0;
let printed: string[];
beforeEach(async () => {
  simulator.reset();
  await configured(simulator, { headers: JSON.stringify({ "X-Client": `${++clients}` }) });
  nextRun();
  printed = [];
  jest.spyOn(process.stdout, "write").mockImplementation((text) => printed.push(String(text)) > 0);
});
afterEach(() => jest.restoreAllMocks());

type Inputs = Record<string, unknown>;

interface Row {
  door: Door;
  /** Creates the object by hand, and returns its import id and the inputs that declare it. */
  make: () => { importId: string; inputs: Inputs };
  /** Inputs that differ, and the text that names the difference. */
  differs: [Inputs, string][];
  /** Deletes the object by hand. */
  remove: () => void;
  /** The object's name in the advice. */
  called: string;
  /** The path of the request that reads the object. */
  path: RegExp;
}

const agent = () => simulator.state.createAgent(101, "there", 1).id;
const ROWS: Record<string, Row> = {
  agent: {
    door: clusterAgent as Door,
    make: () => ({ importId: `group/app:${agent()}`, inputs: { project: "group/app", name: "there" } }),
    differs: [
      [{ name: "other" }, 'name (the agent is called "there", the program says "other")'],
      [{ project: 102 }, "project (the import id names group/app, the program 102)"],
    ],
    remove: () => simulator.state.deleteAgent(1),
    called: "agent",
    path: /cluster_agents\/1$/,
  },
  token: {
    door: agentToken as Door,
    make: () => {
      const agentId = agent();
      const { id } = simulator.state.createToken(agentId, "first", "by hand", 1);
      const inputs = { project: "group/app", agentId, name: "first", description: "by hand", allowMissingToken: true };
      return { importId: `group/app:${agentId}:${id}`, inputs };
    },
    differs: [
      [{ name: "other" }, 'name (the token is called "first", the program says "other")'],
      [{ description: "x" }, 'description (GitLab has "by hand", the program says "x")'],
      [{ agentId: 9 }, "agentId (the import id names 1, the program 9)"],
    ],
    remove: () => simulator.state.revokeToken(1),
    called: "active token",
    path: /cluster_agents\/1\/tokens\/1$/,
  },
  "URL configuration": {
    door: receptiveUrlConfig as Door,
    make: () => {
      const agentId = agent();
      const url = "grpc://one.example.com:80";
      const { id } = simulator.state.setUrlConfiguration(agentId, { url });
      return { importId: `group/app:${agentId}:${id}`, inputs: { project: "group/app", agentId, url } };
    },
    differs: [
      [{ url: "grpc://other.example.com:80" }, "url (GitLab has grpc://one.example.com:80)"],
      [{ agentId: 9 }, "agentId (the import id names 1, the program 9)"],
    ],
    remove: () => simulator.state.deleteUrlConfiguration(1),
    called: "URL configuration",
    path: /cluster_agents\/1\/url_configurations\/1$/,
  },
};

const paths = () => simulator.requests.map(({ method, path }) => `${method} ${path}`);
const warnings = () => printed.filter((line) => line.startsWith("warning: "));

describe.each(Object.entries(ROWS))("%s", (kind, { door, make, differs, remove, called, path }) => {
  let importId: string;
  let inputs: Inputs;
  beforeEach(() => {
    const object = make();
    importId = object.importId;
    inputs = { ...object.inputs, importId };
    simulator.requests.length = 0;
  });
  const accepted = async (olds: Inputs, news: Inputs) => {
    const result = await door.check(olds, news);
    expect(result.failures ?? []).toEqual([]);
    return result.inputs as Inputs;
  };

  test("a preview announces the import after one request, and the creation that follows uses that response", async () => {
    const checked = await accepted({}, inputs);
    expect(printed).toEqual([expect.stringContaining(`will import ${importId} as ${kind}. GitLab has it as it is`)]);
    expect(paths()).toEqual([expect.stringMatching(path)]);
    const created = await door.create(checked);
    expect(created.id).toBe(importId);
    expect(paths().filter((one) => path.test(one))).toHaveLength(1);
    expect(paths().every((one) => one.startsWith("GET "))).toBe(true);
    // A second creation reads the object again.
    await door.create(checked);
    expect(paths().filter((one) => path.test(one))).toHaveLength(2);
  });

  test("differences and missing objects are reported in the preview", async () => {
    for (const [different, difference] of differs) {
      const [reason = "", ...more] = await refused(door, { ...inputs, ...different });
      expect(more).toEqual([]);
      expect(reason).toContain(` ${importId}: it differs from the declared inputs in `);
      expect(reason).toContain(difference);
      expect(reason).toContain("Nothing was created or changed. Declare what exists");
    }
    remove();
    const [reason] = await refused(door, inputs);
    expect(reason).toMatch(new RegExp(`^Could not import ${kind === "token" ? "token" : kind} 1 .* answered 404`));
    expect(reason).toContain(
      `There is no such ${called} for this credential. Correct the \`import\` option, or remove it to create a new one.`,
    );
    expect(printed).toEqual([]);
  });

  test("an id in another form is reported, and nothing is sent", async () => {
    expect(await refused(door, { ...inputs, importId: "7" })).toEqual([
      expect.stringMatching(/^"7" is not the id of a \w+\. Such an id has the form <project>:<agentId>/),
    ]);
    expect(simulator.requests).toEqual([]);
  });

  test("nothing is sent for a resource that is in the state, whether it was imported or not", async () => {
    const { importId: _, ...without } = inputs;
    await accepted(inputs, inputs);
    nextRun();
    await accepted(without, inputs);
    expect(simulator.requests).toEqual([]);
    expect(printed).toEqual([]);
  });

  test("nothing is sent while an input is unknown, and the line names that input", async () => {
    await accepted({}, { ...inputs, project: UNKNOWN });
    expect(simulator.requests).toEqual([]);
    expect(printed).toEqual([
      expect.stringContaining(`will import ${importId} as ${kind}. It is compared in the update: project is not known`),
    ]);
  });

  // This test waits for real, so it runs once for each kind.
  test("GitLab does not respond: one warning for all imports within seconds, and the creation compares", async () => {
    simulator.faults.add(
      kind === "token"
        ? { kind: "status", status: 503, times: Infinity }
        : { kind: "delayAfter", delay: 60_000, times: Infinity },
    );
    const startedAt = Date.now();
    for (let times = 0; times < 3; times++) await accepted({}, { ...inputs, ...differs[0]?.[0] });
    expect(Date.now() - startedAt).toBeLessThan(9000);
    expect(warnings()).toEqual([
      expect.stringMatching(
        new RegExp(`will import ${importId} as ${kind}, but it could not be compared .* within 5 s \\(.+\\)`),
      ),
    ]);
    expectEntry("Warning: an import could not be compared", (warnings()[0] ?? "").trimEnd());
    simulator.faults.clear();
    await expect(door.create({ ...inputs, ...differs[0]?.[0] })).rejects.toThrow(/differs from the declared inputs/);
    expect((await door.create(inputs)).id).toBe(importId);
  });
});

test("an agent whose credential is refused is reported in the preview", async () => {
  const { importId, inputs } = ROWS["agent"]!.make();
  await configured(simulator, { token: "glpat-wrong" });
  expect(await refused(clusterAgent, { ...inputs, importId })).toEqual([
    expect.stringMatching(/^Could not import agent 1 of project group\/app: GET .* answered 401/),
  ]);
});

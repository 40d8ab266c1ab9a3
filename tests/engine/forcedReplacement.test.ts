import { readFileSync } from "node:fs";
import { AgentToken, ClusterAgent, ReceptiveUrlConfig } from "pulumi-gitlab-agent";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { withStack, type EngineRun, type EngineStack } from "../support/engine";
import { stateFile } from "../support/newStack";

// For a forced replacement the engine calls no diff: it checks the resource as if it were new, and creates it before it deletes the
// one in the state. If `import` is still declared, both are one object.
let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());
beforeEach(() => simulator.reset());

const url = "grpcs://agent.example.com:443";
const LIMIT = 240;

/** What the program declares in addition to the imported objects, and their options. */
interface Declared {
  /** Whether `import` is set; default true. */
  imported?: boolean;
  /** Whether there is a second resource for each object; default false. */
  twins?: boolean;
  deleteBeforeReplace?: true;
  /** Declares an additional agent, which this update registers. */
  added?: true;
}

/** Creates three objects by hand; `declare` is the part of the program that imports them as `<group>-agent` and so on. */
function imported(group: string) {
  const { state } = simulator;
  const holder = state.createAgent(101, `${group}-holder`).id;
  const agent = state.createAgent(101, group, 1).id;
  const token = state.createToken(holder, "imported", null, 1).id;
  const config = state.setUrlConfiguration(holder, { url }).id;
  const declare = ({ imported = true, twins = false, deleteBeforeReplace, added }: Declared = {}) => {
    const options = (id: string) => ({
      ...(imported && { import: id }),
      ...(deleteBeforeReplace && { deleteBeforeReplace }),
    });
    const project = "group/app";
    for (const twin of twins ? ["", "-twin"] : [""]) {
      new ClusterAgent(`${group}-agent${twin}`, { project, name: group }, options(`${project}:${agent}`));
      new AgentToken(
        `${group}-token${twin}`,
        { project, agentId: holder, name: "imported" },
        { ...options(`${project}:${holder}:${token}`), allowMissingToken: true },
      );
      new ReceptiveUrlConfig(
        `${group}-config${twin}`,
        { project, agentId: holder, url },
        options(`${project}:${holder}:${config}`),
      );
    }
    if (added) new ClusterAgent("added", { project });
  };
  /** The objects in GitLab, without the agent that holds two of them. */
  const alive = () => ({
    agents: state.agents.filter(({ name }) => name === group).map(({ id }) => id),
    tokens: state.activeTokens(holder).map(({ id }) => id),
    configs: state.urlConfigurations.filter(({ agentId }) => agentId === holder).map(({ id }) => id),
  });
  return { declare, alive };
}
type Imported = ReturnType<typeof imported>;

const deletions = () => simulator.requests.filter(({ method }) => method === "DELETE");

interface Recorded {
  urn: string;
  id: string;
  type: string;
  delete?: boolean;
  taint?: boolean;
}

/** The resources in the state, including those that are still to be deleted; of one group, if it is given. */
function recorded(stack: EngineStack, group = ""): Recorded[] {
  const file = stateFile({ env: stack.env, settings: "", project: "test", name: "dev" });
  const { checkpoint } = JSON.parse(readFileSync(file, "utf8")) as {
    checkpoint: { latest: { resources: Recorded[] } };
  };
  return checkpoint.latest.resources
    .filter(({ type, urn }) => type.startsWith("pulumi-nodejs:dynamic") && urn.includes(`::${group}`))
    .sort((one, other) => one.urn.localeCompare(other.urn));
}

const KINDS = ["agent", "token", "URL configuration"];

/** Two objects of each kind were to be replaced. */
function expectKeptWithWarnings(run: EngineRun): void {
  const warnings = run.diagnostics.filter((text) => /was not deleted/.test(text));
  expect(warnings).toHaveLength(2 * KINDS.length);
  for (const kind of KINDS) {
    const deleteFirst = kind === "token" ? "" : ".*`deleteBeforeReplace: true`";
    const warning = `${kind} \\d+.* was not deleted.*\`import\` is still set, so the same ${kind} was taken over again, and nothing was replaced. To replace it, remove \`import\`, then run \`pulumi up --replace <its urn>\`${deleteFirst}`;
    expect(warnings.filter((text) => new RegExp(warning).test(text))).toHaveLength(2);
  }
  expect(deletions()).toEqual([]);
}

/** An update that is killed while it registers an agent, so that the replaced objects are still to be deleted. */
async function killedUp(stack: EngineStack, replace: string[]): Promise<void> {
  simulator.faults.add({ kind: "delayBefore", delay: 3_600_000, method: "POST", path: "/**/cluster_agents" });
  let cli = 0;
  // `onStart` is also called for the command that reads the state, so only the first process counts.
  const running = stack.up({ replace, expectFailure: true, limit: LIMIT, onStart: (pid) => (cli ||= pid) });
  let ended: EngineRun | undefined;
  void running.then((run) => (ended = run));
  while (!simulator.requests.some(({ method }) => method === "POST")) {
    if (ended !== undefined) throw new Error(`pulumi up ended before it could be killed:\n${ended.output}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  // The engine writes the state after each step.
  const remaining = () => recorded(stack).filter((one) => one.delete).length;
  for (let waited = 0; remaining() < replace.length; waited += 10) {
    expect(waited).toBeLessThan(20_000);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  process.kill(cli, "SIGKILL");
  await running;
  simulator.faults.clear();
  expect(await stack.cli(["cancel", "--yes"])).toMatchObject({ code: 0 });
}

test("imported objects that are replaced by force: kept while `import` is set, then really replaced", async () => {
  const groups = ["one", "two", "three"].map(imported) as [Imported, Imported, Imported];
  const [one, two, three] = groups;
  const program =
    (declared: Declared = {}, twins = true) =>
    async () => {
      one.declare(declared);
      two.declare();
      three.declare({ twins });
      return {};
    };
  const config = {
    "gitlab:baseUrl": simulator.url,
    "gitlab:token": { value: simulator.tokens["maintainer"] ?? "", secret: true },
  };
  const alive = () => groups.map((group) => group.alive());
  const before = alive();
  await withStack({ config, program: program(), limit: LIMIT }, async (stack) => {
    await stack.up();
    const resources = recorded(stack);
    const urnsOf = (group: string) => recorded(stack, group).map(({ urn }) => urn);
    const urns = urnsOf("one");
    // Two resources have each object of the third group.
    expect([urns.length, resources.length]).toEqual([3, 12]);

    // Replaced by --replace and by taint; the next preview shows no change.
    expect(await stack.cli(["state", "taint", ...urnsOf("two"), "--yes"])).toMatchObject({ code: 0 });
    const forced = await stack.up({ replace: urns });
    for (const group of ["one", "two"]) {
      for (const kind of ["agent", "token", "config"])
        expect(forced.ops(`${group}-${kind}`)).toContain("create-replacement");
    }
    expect(alive()).toEqual(before);
    expectKeptWithWarnings(forced);
    const after = recorded(stack);
    expect(after.map(({ id, urn }) => ({ id, urn }))).toEqual(resources.map(({ id, urn }) => ({ id, urn })));
    await stack.preview({ expectNoChanges: true });

    // Killed between creation and deletion: the next update carries out the deletions, and deletes no object. Neither does the
    // removal of one of two resources that import one object.
    stack.program = program({ added: true });
    simulator.requests.length = 0;
    await killedUp(stack, urns);
    stack.program = program({ added: true }, false);
    const next = await stack.up();
    expect(next.ops("one-agent")).toEqual(["same", "delete-replaced"]);
    expect(next.ops("three-agent-twin")).toEqual(["delete"]);
    const kept = next.diagnostics.filter((text) =>
      /was not deleted. A resource of this program still has it/.test(text),
    );
    expect(kept).toHaveLength(6);
    expect(new Set(kept)).toHaveProperty("size", 6);
    expect(deletions()).toEqual([]);
    expect(alive()).toEqual(before);
    expect(recorded(stack, "one-").map(({ id }) => id)).toEqual(
      resources.filter(({ urn }) => urns.includes(urn)).map(({ id }) => id),
    );
    expect(recorded(stack, "three-")).toHaveLength(3);

    // `import` is removed: each object is replaced by one new object.
    stack.program = program({ imported: false, deleteBeforeReplace: true }, false);
    const real = await stack.up({ replace: urns });
    expect(real.output).not.toMatch(/was not deleted/);
    const [replaced, formerly] = [one.alive(), before[0]!];
    for (const kind of ["agents", "tokens", "configs"] as const) {
      expect(replaced[kind]).toHaveLength(1);
      expect(replaced[kind]).not.toEqual(formerly[kind]);
    }
    const ids = recorded(stack, "one-").map(({ id }) => Number(id.split(":").pop()));
    expect(ids.sort()).toEqual(Object.values(replaced).flat().sort());
    await stack.preview({ expectNoChanges: true });

    await stack.destroy();
    const none = { agents: [], tokens: [], configs: [] };
    expect(alive()).toEqual([none, none, none]);
  });
});

import { AgentToken, ClusterAgent, ReceptiveUrlConfig } from "pulumi-gitlab-agent";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { withStack, type EngineRun, type EngineStack } from "../support/engine";

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
  /** A second resource for each object; default none. */
  twins?: boolean;
  deleteBeforeReplace?: true;
  /** Declares an additional agent, which this update registers. */
  added?: true;
}

/** Creates three objects by hand; `declare` returns the program that imports them. */
function imported() {
  const { state } = simulator;
  const holder = state.createAgent(101, "holder").id;
  const agent = state.createAgent(101, "imported", 1).id;
  const token = state.createToken(holder, "imported", null, 1).id;
  const config = state.setUrlConfiguration(holder, { url }).id;
  const declare =
    ({ imported = true, twins = false, deleteBeforeReplace, added }: Declared = {}) =>
    () => {
      const options = (id: string) => ({
        ...(imported && { import: id }),
        ...(deleteBeforeReplace && { deleteBeforeReplace }),
      });
      const project = "group/app";
      for (const twin of twins ? ["", "-twin"] : [""]) {
        new ClusterAgent(`agent${twin}`, { project, name: "imported" }, options(`${project}:${agent}`));
        new AgentToken(
          `token${twin}`,
          { project, agentId: holder, name: "imported" },
          { ...options(`${project}:${holder}:${token}`), allowMissingToken: true },
        );
        new ReceptiveUrlConfig(
          `config${twin}`,
          { project, agentId: holder, url },
          options(`${project}:${holder}:${config}`),
        );
      }
      if (added) new ClusterAgent("added", { project });
      return Promise.resolve({});
    };
  return { holder, declare };
}

/** The objects in GitLab, without the agent that holds two of them. */
const alive = (holder: number) => ({
  agents: simulator.state.agents.filter(({ id, name }) => id !== holder && name !== "added").map(({ id }) => id),
  tokens: simulator.state.activeTokens().map(({ id }) => id),
  configs: simulator.state.urlConfigurations.map(({ id }) => id),
});

const deletions = () => simulator.requests.filter(({ method }) => method === "DELETE");

interface Recorded {
  urn: string;
  id: string;
  type: string;
  delete?: boolean;
  taint?: boolean;
}

/** The resources in the state, including those that are still to be deleted. */
async function recorded(stack: EngineStack): Promise<Recorded[]> {
  const { deployment } = await stack.exportState();
  const all = (deployment as { resources: Recorded[] }).resources;
  return all
    .filter(({ type }) => type.startsWith("pulumi-nodejs:dynamic"))
    .sort((one, other) => one.urn.localeCompare(other.urn));
}

const KINDS = ["agent", "token", "URL configuration"];

function expectKeptWithWarnings(run: EngineRun): void {
  const warnings = run.diagnostics.filter((text) => /was not deleted/.test(text));
  expect(warnings).toHaveLength(KINDS.length);
  for (const kind of KINDS) {
    const deleteFirst = kind === "token" ? "" : ".*`deleteBeforeReplace: true`";
    const warning = `${kind} \\d+.* was not deleted.*\`import\` is still set, so the same ${kind} was taken over again, and nothing was replaced. To replace it, remove \`import\`, then run \`pulumi up --replace <its urn>\`${deleteFirst}`;
    expect(warnings).toContainEqual(expect.stringMatching(new RegExp(warning)));
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
  const remaining = async () => (await recorded(stack)).filter((one) => one.delete).length;
  for (let waited = 0; (await remaining()) < replace.length; waited++) expect(waited).toBeLessThan(20);
  process.kill(cli, "SIGKILL");
  await running;
  simulator.faults.clear();
  expect(await stack.cli(["cancel", "--yes"])).toMatchObject({ code: 0 });
}

test("imported objects that are replaced by force: kept while `import` is set, then really replaced", async () => {
  const { holder, declare } = imported();
  const config = {
    "gitlab:baseUrl": simulator.url,
    "gitlab:token": { value: simulator.tokens["maintainer"] ?? "", secret: true },
  };
  const before = alive(holder);
  await withStack({ config, program: declare(), limit: LIMIT }, async (stack) => {
    await stack.up();
    const resources = await recorded(stack);
    const urns = resources.map(({ urn }) => urn);
    expect(urns).toHaveLength(3);

    // Replaced by --replace.
    const forced = await stack.up({ replace: urns });
    for (const name of ["agent", "token", "config"]) expect(forced.ops(name)).toContain("create-replacement");
    expect(alive(holder)).toEqual(before);
    expectKeptWithWarnings(forced);
    const after = await recorded(stack);
    expect(after.map(({ id, urn }) => ({ id, urn }))).toEqual(resources.map(({ id, urn }) => ({ id, urn })));

    // Replaced by taint; the next preview shows no change.
    expect(await stack.cli(["state", "taint", ...urns, "--yes"])).toMatchObject({ code: 0 });
    const tainted = await stack.up();
    for (const name of ["agent", "token", "config"]) expect(tainted.ops(name)).toContain("create-replacement");
    expect(alive(holder)).toEqual(before);
    expectKeptWithWarnings(tainted);
    await stack.preview({ expectNoChanges: true });

    // Killed between creation and deletion: the next update carries out the deletions, and deletes no object.
    stack.program = declare({ added: true });
    simulator.requests.length = 0;
    await killedUp(stack, urns);
    const next = await stack.up();
    expect(next.ops("agent")).toEqual(["same", "delete-replaced"]);
    expect(
      next.diagnostics.filter((text) => /was not deleted. A resource of this program still has it/.test(text)),
    ).toHaveLength(3);
    expect(deletions()).toEqual([]);
    expect(alive(holder)).toEqual(before);
    expect((await recorded(stack)).filter(({ id }) => resources.some((one) => one.id === id))).toHaveLength(3);

    // Two resources import one object, then one of them is removed from the program.
    stack.program = declare({ twins: true });
    await stack.up();
    stack.program = declare();
    const alone = await stack.up();
    expect(alone.ops("agent-twin")).toEqual(["delete"]);
    expect(
      alone.diagnostics.filter((text) => /was not deleted. A resource of this program still has it/.test(text)),
    ).toHaveLength(3);
    expect(alive(holder)).toEqual(before);

    // `import` is removed: each object is replaced by one new object.
    stack.program = declare({ imported: false, deleteBeforeReplace: true });
    const real = await stack.up({ replace: urns });
    expect(real.output).not.toMatch(/was not deleted/);
    const replaced = alive(holder);
    for (const kind of ["agents", "tokens", "configs"] as const) {
      expect(replaced[kind]).toHaveLength(1);
      expect(replaced[kind]).not.toEqual(before[kind]);
    }
    const ids = (await recorded(stack)).map(({ id }) => Number(id.split(":").pop()));
    expect(ids.sort()).toEqual(Object.values(replaced).flat().sort());
    await stack.preview({ expectNoChanges: true });

    await stack.destroy();
    expect(alive(holder)).toEqual({ agents: [], tokens: [], configs: [] });
  });
});

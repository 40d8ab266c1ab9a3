import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { blocksOf } from "../docs/pages";
import { dynamicProviders, type CommandResult } from "../support/processes";
import { withProject, type Project, type ProjectOptions } from "../support/project";

// Runs the steps of docs/recovery.md as the page has them.

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());
beforeEach(() => simulator.reset());

const state = () => simulator.state;

const steps = blocksOf("docs/recovery.md")
  .filter(({ language }) => language === "sh")
  .map(({ text }) => text.trim());
const stepsRun = new Set<string>();

/** The page's only step that begins with this text. The last test checks that each step was run. */
function step(beginning: string): string {
  const found = steps.filter((text) => text.startsWith(beginning));
  expect(found).toHaveLength(1);
  stepsRun.add(found[0] ?? "");
  return found[0] ?? "";
}

/** A person reads the preview first; the test skips it. */
const SKIP_PREVIEW = `pulumi() {
  case "$1" in up | refresh | destroy) set -- "$@" --skip-preview ;; esac
  command pulumi "$@"
}`;

/** Runs a step of the page in the project's folder. */
const run = (project: Project, script: string, env: Record<string, string> = {}): Promise<CommandResult> =>
  project.run("sh", ["-ec", `${SKIP_PREVIEW}\n${script}`], { env });

const program = (body: string) =>
  `const { AgentToken, ClusterAgent, ReceptiveUrlConfig } = require("pulumi-gitlab-agent");\n${body}\n`;

/**
 * Two agents, one with a token and one with a URL configuration, an agent in another project, and with `second` another token.
 * `shown` has the options that the errors show.
 */
function declared(shown: { agent?: string; config?: string } = {}, second = false): string {
  const options = (option?: string) => (option === undefined ? "" : `, { ${option} }`);
  return program(`
    const staging = new ClusterAgent("staging", { project: "group/app" });
    const testing = new ClusterAgent("testing", { project: "group/app" });
    new ClusterAgent("production", { project: "group/subgroup/infra" }${options(shown.agent)});
    const first = new AgentToken("first", { project: "group/app", agentId: staging.agentId });
    const second = ${second} && new AgentToken("second", { project: "group/app", agentId: testing.agentId });
    const url = "grpc://agent.example.com:80";
    new ReceptiveUrlConfig("testing", { project: "group/app", agentId: testing.agentId, url }${options(shown.config)});
    exports.tokens = [first.token, ...(second ? [second.token] : [])];`);
}

const options = (index: string): ProjectOptions => ({
  files: {
    "Pulumi.yaml": "name: recovery\nruntime: nodejs\n",
    "package.json": JSON.stringify({ name: "recovery", main: "index.js" }),
    "index.js": index,
  },
  config: { "gitlab:baseUrl": simulator.url, "gitlab:token": { secret: simulator.tokens["maintainer"] ?? "" } },
  env: { PULUMI_SKIP_CONFIRMATIONS: "true" },
});

/** The process id of our provider that serves this project now. */
function providerOf(project: Project): number {
  const pids = dynamicProviders(project.root);
  expect(pids).toHaveLength(1);
  return pids[0] ?? 0;
}

/** Makes GitLab carry out a write to each of these paths without a response, and kills the victim once all writes are done. */
async function killedIn(
  project: Project,
  [command, method, ...paths]: [command: "up" | "destroy", method: string, ...paths: string[]],
  victim: "provider" | "CLI",
): Promise<CommandResult> {
  for (const path of paths) simulator.faults.add({ kind: "delayAfter", delay: 3_600_000, method, path });
  let cli = 0;
  const running = project.tryPulumi([command, "--skip-preview"], { onStart: (pid) => (cli = pid) });
  const done = () => simulator.requests.filter(({ fault, apiStatus }) => fault && apiStatus).length === paths.length;
  let ended: CommandResult | undefined;
  void running.then((result) => (ended = result));
  while (!done()) {
    if (ended !== undefined) throw new Error(`pulumi ${command} ended before it could be killed:\n${ended.output}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  process.kill(victim === "CLI" ? cli : providerOf(project), "SIGKILL");
  const result = await running;
  expect(result.code).not.toBe(0);
  simulator.faults.clear();
  simulator.requests.length = 0;
  return result;
}

/** The text that the pattern's group matches. */
function shown(output: string, pattern: RegExp): string {
  const found = pattern.exec(output)?.[1];
  if (found === undefined) throw new Error(`${String(pattern)} does not show in:\n${output}`);
  return found;
}

const IMPORT = 'set the resource option `(import: "[^`]+)`';

/** Revokes the token that a warning names, with the page's step. */
async function revokeLeftover(project: Project, output: string, name: string): Promise<void> {
  const warning = new RegExp(
    `warning: agent (\\d+) of project group/app already has token (\\d+) "${name}" .*never used`,
  );
  const [, AGENT_ID = "", TOKEN_ID = ""] = warning.exec(output) ?? [];
  expect(output).toContain(`glab cluster agent token revoke ${AGENT_ID} ${TOKEN_ID}`);
  const credential = { GITLAB_TOKEN: simulator.tokens["maintainer"] ?? "", GITLAB_BASE_URL: simulator.url };
  const env = { ...credential, PROJECT: "group%2Fapp", AGENT_ID, TOKEN_ID };
  expect(await run(project, step("curl"), env)).toMatchObject({ code: 0 });
}

/** Expects that the active tokens are those in the state. */
async function expectWhole(project: Project): Promise<void> {
  const active = state().activeTokens();
  const { tokens } = await project.outputs();
  expect(active.map(({ secret }) => secret).sort()).toEqual((tokens as string[]).sort());
  expect(
    state()
      .agents.map(({ name }) => name)
      .sort(),
  ).toEqual(["production", "staging", "testing"]);
  expect(state().urlConfigurations).toHaveLength(1);
}

test("the provider is killed in an update, the CLI in the next one, the credential is replaced, and the provider is killed in the destroy", async () => {
  await withProject(options(declared()), async (project) => {
    const posts = ["/projects/*infra/cluster_agents", "/**/tokens", "/**/url_configurations"];
    const killed = await killedIn(project, ["up", "POST", ...posts], "provider");
    expect(killed.output).toContain("error reading from server: EOF");
    const next = await run(project, step("pulumi up"));
    expect(next.code).not.toBe(0);
    expect(next.output).toContain("Name has already been taken");
    expect(next.output).toContain("URL configuration already exists for this agent");
    const { id } = state().agent("production");
    const agent = shown(next.output, new RegExp(`Agent ${id} of .* has this name since .*${IMPORT}`));
    const [left] = state().urlConfigurations;
    const config = shown(next.output, new RegExp(`has URL configuration ${left?.id} .*${IMPORT}`));
    project.write("index.js", declared({ agent, config }));
    expect(await run(project, step("pulumi up"))).toMatchObject({ code: 0 });
    await revokeLeftover(project, next.output, "first");
    await expectWhole(project);

    // The import options can be removed again.
    project.write("index.js", declared({}, true));
    await killedIn(project, ["up", "POST", "/**/tokens"], "CLI");
    const locked = await run(project, step("pulumi up"));
    expect(locked.code).not.toBe(0);
    expect(locked.output).toMatch(/currently locked.*`pulumi cancel`/s);
    const whole = await run(project, step("pulumi cancel"));
    expect(whole).toMatchObject({ code: 0 });
    expect(whole.output).toMatch(/1 pending operations.*\+ 1 created\s+6 unchanged/s);
    await revokeLeftover(project, whole.output, "second");
    expect(await run(project, step("pulumi refresh --clear"))).toMatchObject({ code: 0 });
    expect((await project.pulumi(["stack", "export"])).stdout).not.toContain("pending_operations");
    await expectWhole(project);

    state().rotateCredential("maintainer", "another-credential");
    const stale = await project.tryPulumi(["refresh", "--skip-preview"]);
    expect(stale.code).not.toBe(0);
    expect(stale.output).toMatch(/401.*`gitlab:token` in the stack's configuration.*--run-program.*GITLAB_TOKEN/);
    await project.pulumi(["config", "set", "--secret", "gitlab:token", "another-credential"]);
    const [refresh = ""] = step("pulumi refresh --run-program").split("\n");
    expect(await run(project, refresh)).toMatchObject({ code: 0 });

    await killedIn(project, ["destroy", "DELETE", "/**/tokens/*", "/**/url_configurations/*"], "provider");
    expect(await run(project, step("pulumi destroy"))).toMatchObject({ code: 0 });
    expect([...state().agents, ...state().activeTokens(), ...state().urlConfigurations]).toEqual([]);
  });
});

test("a provider that waits when the CLI is killed ends, and never sends its creation; then the project is deleted", async () => {
  const body = program(`
    const agent = new ClusterAgent("only", { project: "group/app" });
    const token = (name, options) =>
      new AgentToken(name, { project: agent.project, agentId: agent.agentId }, options);
    token("waiting", { dependsOn: token("only") });`);
  await withProject(options(body), async (project) => {
    // Longer than the time for which the test waits until all processes have ended.
    simulator.faults.add({ kind: "rateLimit", retryAfter: 60, method: "POST", path: "/**/tokens", skip: 1 });
    let cli = 0;
    const running = project.tryPulumi(["up", "--skip-preview"], { onStart: (pid) => (cli = pid) });
    const sent = () => simulator.requests.filter(({ method, path }) => method === "POST" && path.endsWith("/tokens"));
    while (sent().length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(providerOf(project)).toBeGreaterThan(0);
    process.kill(cli, "SIGKILL");
    expect((await running).leftBehind).toEqual([]);
    expect(sent()).toHaveLength(2);
    expect(state().activeTokens()).toMatchObject([{ name: "only" }]);

    simulator.faults.clear();
    await project.pulumi(["cancel"]);
    state().deleteProject("group/app");
    const [, destroy = ""] = step("pulumi refresh --run-program").split("\n");
    const hidden = await run(project, destroy);
    expect(hidden.code).not.toBe(0);
    expect(hidden.output).toContain("GitLab shows this credential no project");
    expect(hidden.output).toContain("pulumi state delete <urn>");
    const [show = "", forget = ""] = step("pulumi stack --show-urns").split("\n");
    const URN = shown((await run(project, show)).stdout, /(urn:pulumi:.*ClusterAgent::only)\s/);
    expect(await run(project, forget, { URN })).toMatchObject({ code: 0 });
    expect(await run(project, step("pulumi destroy"))).toMatchObject({ code: 0 });
  });
});

test("every step of the page was run", () => {
  expect(steps.filter((text) => !stepsRun.has(text))).toEqual([]);
});

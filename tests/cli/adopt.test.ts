import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { permanent } from "../../sdk/permanent";
import { repository } from "../support/repository";
import { cleanEnvironment, runCommand, type CommandResult } from "../support/processes";

let simulator: Simulator;
let folder: string;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());
beforeEach(() => {
  simulator.reset();
  folder = mkdtempSync(path.join(tmpdir(), "pulumi-gitlab-agent-adopt-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs `pulumi-gitlab-agent` as a new process in the test's folder. */
function adopt(args: string[], { user = "maintainer", ...env }: NodeJS.ProcessEnv = {}): Promise<CommandResult> {
  const settings = { GITLAB_BASE_URL: `${simulator.url}/api/v4/`, GITLAB_TOKEN: simulator.tokens[user], ...env };
  return runCommand(process.execPath, [path.join(repository, "dist/cli/index.js"), "adopt", ...args], {
    cwd: folder,
    env: cleanEnvironment(settings),
    limit: 60,
  });
}
const file = (name: string) => path.join(folder, name);
const text = (name: string) => readFileSync(file(name), "utf8");

interface ImportFile {
  resources: {
    type: string;
    name: string;
    id: string;
    inputs: Record<string, unknown>;
    outputs: Record<string, unknown>;
  }[];
}
const imported = (name = "import.json") => (JSON.parse(text(name)) as ImportFile).resources;

test("the table is shown, then the import file and the program are written; GitLab is only read", async () => {
  const agent = simulator.state.createAgent("group/app", "production", 1);
  const token = simulator.state.createToken(agent.id, "cluster", "by hand", 1);
  const url = simulator.state.setUrlConfiguration(agent.id, { url: "grpcs://a.example.com:443" });
  const { code, stdout, stderr } = await adopt(["--project", "group/app", "--out", "in.json", "--program", "app.ts"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/ClusterAgent +│ production +│ group\/app:1 /);
  expect(stdout).toMatch(/│ lacks +│\n/);
  expect(stdout).toMatch(/AgentToken .*"cluster", since [^]*│ secret │/);
  expect(stdout).toMatch(/GitLab shows the secret of a token once.*change `rotationTriggers`/);
  // The warnings: another stack may have the objects, and a change of a token revokes it for installations outside the update.
  expect(stdout).toMatch(
    /Another Pulumi stack.* may already manage some of these.*adopt only what nothing else manages/,
  );
  expect(stdout).toMatch(/revokes it in the same update, and only what uses `token` in that update is moved/);
  expect(stdout).toMatch(/declare a second AgentToken, move the cluster to it, then remove the adopted one/);
  expect(stdout.indexOf("│ production")).toBeLessThan(stdout.indexOf("Wrote in.json and app.ts"));
  expect(stdout).toContain("pulumi import --file in.json --generate-code=false --protect=false");
  expect(stdout).toContain('(add `import "./app";` to your program, or run app.ts as the program)');
  expect(simulator.requests.map(({ method }) => method)).toEqual(["GET", "GET", "GET"]);

  const at = { project: "group/app", agentId: agent.id };
  const app = { id: 101, description: "Application", name: "app", path: "app", pathWithNamespace: "group/app" };
  const configProject = { ...app, nameWithNamespace: expect.any(String), createdAt: expect.any(String) };
  const created = (object: { createdAt: number }) => ({
    createdAt: new Date(object.createdAt).toISOString(),
    createdByUserId: 1,
  });
  const entry = (kind: string, name: string, id: string, inputs: object, outputs: object) => {
    const __provider = permanent(kind).provider;
    return {
      type: permanent(kind).type,
      name,
      id,
      inputs: { ...inputs, __provider },
      outputs: { ...outputs, __provider },
    };
  };
  const named = { project: "group/app", name: "production" };
  const declared = { ...at, name: "cluster", description: "by hand" };
  const configured = { ...at, url: "grpcs://a.example.com:443" };
  expect(imported("in.json")).toEqual([
    entry("ClusterAgent", "production", "group/app:1", named, {
      ...named,
      agentId: 1,
      configProject,
      ...created(agent),
    }),
    entry("AgentToken", "production-cluster", `group/app:1:${token.id}`, declared, {
      ...declared,
      tokenId: token.id,
      status: "active",
      projectId: 101,
      ...created(token),
    }),
    entry("ReceptiveUrlConfig", "production-url", `group/app:1:${url.id}`, configured, {
      ...configured,
      urlConfigurationId: url.id,
      publicKey: url.publicKey,
      projectId: 101,
    }),
  ]);
  expect(text("app.ts")).toContain(`const production = new ClusterAgent("production", {
  project: "group/app",
  name: "production",
});`);
  expect(text("app.ts")).toMatch(/\/\/ .*revokes this token in the same update.*\n\/\/ .*declare a second AgentToken/);
  expect(text("app.ts")).toContain(`new AgentToken("production-cluster", {
  project: production.project,
  agentId: production.agentId,
  name: "cluster",
  description: "by hand",
});`);
  expect(text("in.json") + text("app.ts") + stdout).not.toContain(token.secret);
});

test("250 agents of two projects get unique valid names", async () => {
  const { state } = simulator;
  for (let number = 1; number <= 125; number++) {
    for (const project of ["group/app", "group/subgroup/infra"]) state.createAgent(project, `agent-${number}`);
  }
  const agent = state.createAgent("group/app", "agent");
  for (const name of ["Größe", "日本", "a::b", "agent", "agent"]) state.createToken(agent.id, name);
  const result = await adopt(["--project", "group/app", "--project", "102", "--json"]);
  expect(result).toMatchObject({ code: 0, stderr: "" });
  const names = imported().map(({ name }) => name);
  expect(names).toHaveLength(256);
  expect(new Set(names).size).toBe(256);
  expect(names.filter((name) => !/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name))).toEqual([]);
  expect(names).toEqual(
    expect.arrayContaining(["agent", "group-app-agent-1", "102-agent-125", "agent-Gro-e", "agent-a-b"]),
  );
  expect(names.filter((name) => name.startsWith("agent-token"))).toEqual([
    "agent-token",
    "agent-token-2",
    "agent-token-3",
  ]);
  const lists = simulator.requests.filter(({ path: asked }) => asked.endsWith("/cluster_agents"));
  expect(lists.map(({ query }) => query)).toEqual([1, 2, 1, 2].map((page) => `per_page=100&page=${page}`));
});

test("a dry run writes nothing, and neither does a project without agents", async () => {
  simulator.state.createAgent("group/app", "production");
  const dry = await adopt(["--project", "101", "--dry-run"]);
  expect(dry.code).toBe(0);
  expect(dry.stdout).toMatch(/│ ClusterAgent │ production │ 101:1 +│/);
  const empty = await adopt(["--project", "102"]);
  expect(empty).toMatchObject({ code: 0, stdout: "There is nothing to adopt.\nProject 102 has no agents.\n" });
  expect([file("import.json"), file("agents.ts")].filter(existsSync)).toEqual([]);
});

test("--json prints one object on standard output, also for a failure", async () => {
  const agent = simulator.state.createAgent("group/app", "production");
  const token = simulator.state.createToken(agent.id, "cluster");
  const done = await adopt(["--project", "group/app", "--json", "--no-program"]);
  expect(JSON.parse(done.stdout)).toEqual({
    resources: [
      { kind: "ClusterAgent", name: "production", id: "group/app:1" },
      {
        kind: "AgentToken",
        name: "production-cluster",
        id: `group/app:1:${token.id}`,
        lost: expect.stringContaining("secret"),
      },
    ],
    notes: [],
    files: ["import.json"],
  });
  expect(existsSync(file("agents.ts"))).toBe(false);
  const failed = await adopt(["--project", "group/app", "--json", "--force"], { user: "guest" });
  expect(failed.code).toBe(1);
  const { error } = JSON.parse(failed.stdout) as { error: { name: string; message: string } };
  expect(error).toEqual({
    name: "NotFoundError",
    message: expect.stringMatching(/^Could not list the agents of project group\/app: GET .*404/),
  });
  expect(failed.stderr).toBe(`error: ${error.message}\n`);
});

test("existing files are not overwritten without --force, and then no request is sent", async () => {
  simulator.state.createAgent("group/app", "production");
  writeFileSync(file("agents.ts"), "mine");
  const refused = await adopt(["--project", "group/app"]);
  expect(refused).toMatchObject({ code: 1, stdout: "" });
  expect(refused.stderr).toMatch(/^error: agents\.ts exists already\. .*--force\. No request was sent to GitLab\.\n$/);
  expect(simulator.requests).toEqual([]);
  expect([text("agents.ts"), existsSync(file("import.json"))]).toEqual(["mine", false]);
  expect((await adopt(["--project", "group/app", "--force"])).code).toBe(0);
  expect(text("agents.ts")).toContain('new ClusterAgent("production"');
});

test("URL configurations need Maintainer, and a note says if GitLab refuses or hides them", async () => {
  const agent = simulator.state.createAgent("group/app", "edge");
  simulator.state.createAgent("group/app", "plain");
  simulator.state.setUrlConfiguration(agent.id, { url: "grpc://edge.example.com:80" });
  const developer = await adopt(["--project", "group/app"], { user: "developer" });
  expect(developer.code).toBe(0);
  expect(developer.stdout).toMatch(
    /Agent 1 \("edge"\) .*is receptive, but this credential may not read URL configurations.*403.*Maintainer role.*left out/,
  );
  expect(imported().map(({ name }) => name)).toEqual(["edge", "plain"]);
  simulator.state.settings.receptiveEnabled = false;
  const hidden = await adopt(["--project", "group/app", "--agent", "edge", "--force"]);
  expect(hidden.code).toBe(0);
  expect(hidden.stdout).toMatch(/Agent 1 \("edge"\).* is receptive, but GitLab shows no URL configurations.*left out/);
  expect(imported().map(({ name }) => name)).toEqual(["edge"]);
});

test("a table fits 100 columns, also with long names", async () => {
  const { state } = simulator;
  const agent = state.createAgent("group/subgroup/infra", `cluster-${"of-the-platform-team-".repeat(2)}in-europe`);
  state.createToken(agent.id, `日本語 ${"x".repeat(120)}`);
  state.setUrlConfiguration(agent.id, { url: `grpcs://${"agent.".repeat(12)}example.com:443` });
  const { stdout } = await adopt(["--project", "group/subgroup/infra", "--dry-run"]);
  const rows = stdout.split("\n").filter((line) => /^[┌│├└]/.test(line));
  expect(rows.length).toBeGreaterThan(8);
  // A wide character takes two columns.
  const columns = (line: string) => [...line].reduce((sum, letter) => sum + (/[日本語]/.test(letter) ? 2 : 1), 0);
  expect(Math.max(...rows.map(columns))).toBe(100);
  // Nothing is truncated: each cell's lines together are the whole text.
  const rowsOfCells = rows
    .filter((line) => line.startsWith("│"))
    .map((line) => line.split("│").map((cell) => cell.trim()));
  const column = (number: number) => rowsOfCells.map((rowsOfCells) => rowsOfCells[number]).join("");
  expect(column(3)).toContain("group/subgroup/infra:1");
  expect(column(4)).toContain("x".repeat(120));
  expect(column(4)).toContain("agent.".repeat(12));
});

test("--agent selects agents by name or id; an unknown one is an error that names the existing ones", async () => {
  const { state } = simulator;
  for (const name of ["one", "two", "three"]) state.createToken(state.createAgent("group/app", name).id, "t");
  const chosen = await adopt(["--project", "group/app", "--agent", "two", "--agent", "3"]);
  expect(chosen.code).toBe(0);
  expect(imported().map(({ name }) => name)).toEqual(["three", "three-t", "two", "two-t"]);
  // No request is sent about agents that are not selected.
  expect(simulator.requests.filter(({ path: asked }) => /cluster_agents\/1\//.test(asked))).toEqual([]);
  const missing = await adopt(["--project", "group/app", "--agent", "tow", "--dry-run"]);
  expect(missing).toMatchObject({ code: 1, stdout: "" });
  expect(missing.stderr).toBe(
    'error: No agent of these projects has the name or id "tow", as --agent requires. They have "one", "three", "two".\n',
  );
});

test("one failure ends the command at once, although other requests would be retried for a minute", async () => {
  const { state, faults } = simulator;
  for (let number = 1; number <= 4; number++) state.createAgent("group/app", `agent-${number}`);
  faults.add({ kind: "status", status: 503, path: "/projects/*/cluster_agents/1/tokens", times: Infinity });
  faults.add({ kind: "status", status: 403, path: "/projects/*/cluster_agents/2/tokens", times: Infinity });
  const began = Date.now();
  const failed = await adopt(["--project", "group/app"]);
  expect(failed.code).toBe(1);
  expect(failed.stderr).toMatch(/^error: Could not list the active tokens of agent 2 .* 403/);
  expect(Date.now() - began).toBeLessThan(10_000);
  // Output through a pipe is complete, too.
  expect(failed.stderr).toMatch(/\. GLA3002\n$/);
});

test("wrong usage exits with 2 and says what is wrong; a failure exits with 1", async () => {
  const wrong = async (...args: string[]) => {
    const { code, stderr, stdout } = await adopt(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^usage error: /);
    return stderr;
  };
  expect(await wrong()).toContain("required option '--project <id or path>' not specified");
  expect(await wrong("--project", "https://gitlab.example.com/group/app")).toContain("is a web address");
  expect(await wrong("--project", "group/app", "--setting", "token=secret-canary")).toMatch(/set it in GITLAB_TOKEN/);
  expect(await wrong("--project", "group/app", "--setting", "tokn=1")).toMatch(/no setting "tokn".*baseUrl/);
  expect(await wrong("--project", "group/app", "--out", "a", "--program", "a")).toContain("name the same file");
  expect(await wrong("--project", "group/app", "--nonsense")).toContain("unknown option '--nonsense'");
  const json = await adopt(["--json"]);
  expect([json.code, JSON.parse(json.stdout)]).toEqual([
    2,
    { error: { name: "UsageError", message: expect.stringContaining("'--project <id or path>' not specified") } },
  ]);
  const unauthorized = await adopt(["--project", "group/app"], { GITLAB_TOKEN: "glpat-wrong" });
  expect(unauthorized.code).toBe(1);
  expect(unauthorized.stderr).toMatch(/answered 401.*the environment variable GITLAB_TOKEN/);
  const unreachable = await adopt([
    "--project",
    "group/app",
    "--setting",
    "baseUrl=http://127.0.0.1:9",
    "--setting",
    "maxRetries=0",
  ]);
  expect(unreachable.code).toBe(1);
  expect(unreachable.stderr).toMatch(/on http:\/\/127\.0\.0\.1:9/);
  expect(unreachable.stderr).not.toMatch(/^ +at /m);
});

// A command has no stack, so its advice must not mention a stack's configuration.
test.each<[what: string, env: () => NodeJS.ProcessEnv, args: string[], said: RegExp]>([
  ["no credential", () => ({ GITLAB_TOKEN: undefined }), [], /no GitLab credential.*GITLAB_TOKEN/],
  ["an unknown credential", () => ({ GITLAB_TOKEN: "glpat-wrong" }), [], /401.*GITLAB_TOKEN/],
  ["a job token", () => ({ GITLAB_TOKEN: undefined, CI_JOB_TOKEN: "job" }), [], /CI_JOB_TOKEN/],
  ["a refused role", () => ({}), [], /403.*role/],
  ["a hidden project", () => ({ user: "guest" }), [], /404/],
  ["too many requests", () => ({}), ["--setting", "maxRetries=0"], /429/],
  ["a GitLab that is down", () => ({}), ["--setting", "maxRetries=0"], /503/],
  [
    "an address without a GitLab",
    () => ({}),
    ["--setting", "baseUrl=http://127.0.0.1:9", "--setting", "maxRetries=0"],
    /:9/,
  ],
])("after %s, adopt advises nothing that only a stack could do", async (_, env, args, said) => {
  const status = /403|429|503/.exec(said.source)?.[0];
  if (status !== undefined) {
    simulator.faults.add({ kind: "status", status: Number(status), path: "/projects/**", times: Infinity });
  }
  const failed = await adopt(["--project", "group/app", ...args], env());
  expect([failed.code, failed.stdout]).toEqual([1, ""]);
  expect(failed.stderr).toMatch(said);
  expect(failed.stderr).not.toMatch(/refresh|destroy|--run-program|pulumi config|gitlab:|Provider/);
});

test("debug lines go to standard error, so that standard output stays JSON", async () => {
  const { stdout, stderr } = await adopt(["--project", "group/app", "--json"], { PULUMI_GITLAB_AGENT_DEBUG: "true" });
  expect(JSON.parse(stdout)).toMatchObject({ resources: [] });
  expect(stderr).toMatch(/GET .*cluster_agents/);
  expect(stderr).not.toContain(simulator.tokens["maintainer"]);
});

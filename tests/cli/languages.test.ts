import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { parse } from "yaml";
import schema from "../../provider/doors/plugin/schema.json";
import { GO_PACKAGE } from "../../cli/programs/go";
import { describeClient, providedClients, type Client } from "../conformance/clients";
import { certificateAuthority } from "../support/certificates";
import { repository } from "../support/repository";
import { cleanEnvironment, runCommand, type CommandResult } from "../support/processes";

/** Texts that end a literal, begin an expression, or do not show, in one language or another. */
const HOSTILE = [
  'Größe: "2" `${x}` $$ \\ # yes',
  "\"\"\" ''' {{ }} - [] \u202e\ufeff\u00ad",
  "line 1\nline 2\ttab\r\u0007",
];
/** Names of agents that are words of a language, or no names of variables. */
const AGENTS = ["class", "pass", "func", "err", "pulumi", "0-lonely", "production"];

let simulator: Simulator;
let folder: string;
beforeAll(async () => {
  simulator = await startSimulator();
  const { cert, key } = await (await certificateAuthority()).issue();
  for (const name of AGENTS) {
    const agent = simulator.state.createAgent(102, name);
    simulator.state.createToken(agent.id, HOSTILE[0] ?? "", HOSTILE[2]);
    simulator.state.createToken(agent.id, HOSTILE[1] ?? "");
    const url = `grpcs://${name}.example.com:443`;
    simulator.state.setUrlConfiguration(agent.id, { url, clientCert: cert, clientKey: key, caCert: cert });
  }
  folder = mkdtempSync(path.join(tmpdir(), "pulumi-gitlab-agent-languages-"));
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await simulator.close();
});

function adopt(...args: string[]): Promise<CommandResult> {
  const command = [path.join(repository, "dist/cli/index.js"), "adopt", "--project", "102", "--force", ...args];
  const env = cleanEnvironment({ GITLAB_BASE_URL: simulator.url, GITLAB_TOKEN: simulator.tokens["maintainer"] });
  return runCommand(process.execPath, command, { cwd: folder, env, limit: 120 });
}
const text = (name: string) => readFileSync(path.join(folder, name), "utf8");

/** What the program has to declare, by the resource's name: texts as GitLab has them. */
const declared = () => {
  const { tokens, urlConfigurations } = simulator.state;
  return [
    ...AGENTS.flatMap((name) => [name, name]),
    ...tokens.flatMap(({ name, description }) => [name, ...(description ? [description] : [])]),
    ...urlConfigurations.flatMap(({ url, clientCert, caCert }) => [url, clientCert ?? "?", caCert ?? "?"]),
  ];
};

test("YAML: the program has every text as GitLab has it, and the import file has the plugin's types", async () => {
  const { code, stdout, stderr } = await adopt("--language", "yaml");
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toContain("Wrote import.json and Main.yaml.");
  expect(stdout).toContain("(Pulumi runs Main.yaml instead of the resources in Pulumi.yaml)");
  const imported = JSON.parse(text("import.json")) as { resources: { type: string; name: string; id: string }[] };
  expect(imported.resources).toHaveLength(4 * AGENTS.length);
  expect(imported.resources.slice(0, 2)).toEqual([
    { type: "gitlab-agent:index:ClusterAgent", name: "0-lonely", id: "102:6" },
    { type: "gitlab-agent:index:AgentToken", name: expect.stringMatching(/^0-lonely-/) as string, id: "102:6:11" },
  ]);
  interface Resource {
    type: string;
    name?: string;
    properties: Record<string, string>;
  }
  const { resources } = parse(text("Main.yaml")) as { resources: Record<string, Resource> };
  const names = Object.entries(resources).map(([key, { name = key }]) => name);
  expect(names).toEqual(imported.resources.map(({ name }) => name));
  const written = Object.values(resources).flatMap(({ properties }) => Object.values(properties));
  for (const each of declared()) expect(written).toContain(each.replaceAll("$", "$$$$"));
  expect(text("Main.yaml")).not.toMatch(/[\u202e\ufeff\u00ad]/);
  expect(text("Main.yaml")).toMatch(/# .*revokes this token in the same update/);
  expect(text("Main.yaml")).not.toContain("PRIVATE KEY");
});

describeClient("Python programs", providedClients().python, (python) => {
  test("the program parses, and has every text as GitLab has it", async () => {
    const { code, stdout } = await adopt("--language", "python");
    expect(code).toBe(0);
    expect(stdout).toContain("(add `import agents` to your __main__.py, or name agents.py __main__.py)");
    const script =
      "import ast, json, sys\n" +
      "tree = ast.parse(open(sys.argv[1], encoding='utf-8').read())\n" +
      "texts = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)]\n" +
      "names = [t.id for n in ast.walk(tree) if isinstance(n, ast.Assign) for t in n.targets]\n" +
      "calls = sorted({n.func.attr for n in ast.walk(tree) if isinstance(n, ast.Call)})\n" +
      "print(json.dumps([texts, names, calls]))";
    const printed = execFileSync(python, ["-c", script, path.join(folder, "agents.py")], { encoding: "utf8" });
    const [texts, names, calls] = JSON.parse(printed) as [string[], string[], string[]];
    for (const each of declared()) expect(texts).toContain(each);
    expect([...names].sort()).toEqual(
      ["agent_0_lonely", "agent_class", "agent_pass", "agent_pulumi", "err", "func", "production"].sort(),
    );
    expect(calls).toEqual(["AgentToken", "ClusterAgent", "ReceptiveUrlConfig"]);
    expect(text("agents.py")).not.toMatch(/[\u202e\ufeff\u00ad]/);
  });
});

describeClient("Go programs", gofmt(), (formatter) => {
  test("the program parses, is formatted, and names the SDK that the schema names", async () => {
    const { code, stdout } = await adopt("--language", "go");
    expect(code).toBe(0);
    expect(stdout).toContain("(run agents.go as the program, or call its function `adopted` in your own)");
    const formatted = execFileSync(formatter, [path.join(folder, "agents.go")], { encoding: "utf8" });
    expect(formatted).toBe(text("agents.go"));
    for (const each of AGENTS) expect(formatted).toContain(`NewClusterAgent(ctx, "${each}", `);
    expect(formatted).toContain(`"${GO_PACKAGE}"`);
    const { importBasePath } = schema.language.go as { importBasePath?: string };
    if (importBasePath !== undefined) expect(GO_PACKAGE).toBe(importBasePath);
  });
});

/** The formatter, which also parses: it comes with Go. */
function gofmt(): Client {
  try {
    const root = execFileSync("go", ["env", "GOROOT"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    return { path: path.join(root.trim(), "bin/gofmt") };
  } catch {
    return { missing: "Go is not on PATH. Install Go, https://go.dev/dl/" };
  }
}

test("a language that is not known, and a program over the project's file, are usage errors", async () => {
  const unknown = await adopt("--language", "java");
  expect([unknown.code, unknown.stdout]).toEqual([2, ""]);
  expect(unknown.stderr).toMatch(
    /^usage error: .*'java' is invalid\. Allowed choices are typescript, yaml, python, go/,
  );
  const project = await adopt("--language", "yaml", "--program", "Pulumi.yaml");
  expect(project.code).toBe(2);
  expect(project.stderr).toMatch(
    /^usage error: Pulumi\.yaml is the file of the project\. Write the program to Main\.yaml/,
  );
});

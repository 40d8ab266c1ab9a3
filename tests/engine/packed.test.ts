import { existsSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { textOf } from "../docs/pages";
import { packTarball, withProject } from "../support/project";
import { repository } from "../support/repository";
import { version as sdkVersion } from "@pulumi/pulumi/package.json";

let simulator: Simulator;
let folder: string;
let tarball: string;
beforeAll(async () => {
  simulator = await startSimulator();
  folder = mkdtempSync(path.join(tmpdir(), "pulumi-gitlab-agent-packed-"));
  tarball = await packTarball();
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await simulator.close();
});

/** The packages that the first test has installed. npm changes in them what the second test's project has otherwise. */
const modules = () => path.join(folder, "node_modules");

const PROGRAM = `import { AgentToken, ClusterAgent, Provider, ReceptiveUrlConfig } from "pulumi-gitlab-agent";

const provider = new Provider("explicit", { baseUrl: process.env.GITLAB_BASE_URL, token: process.env.GITLAB_TOKEN });
const agent = new ClusterAgent("production", { project: "group/app" });
const other = new ClusterAgent("other", { project: 102 }, { provider });
const token = new AgentToken("production", { project: agent.project, agentId: agent.agentId });
new ReceptiveUrlConfig("production", { project: agent.project, agentId: agent.agentId, url: "grpcs://agent.example.com" });
export const agentToken = token.token;
export const otherId = other.id;
`;

const COMMON = `const { AgentToken, ClusterAgent } = require("pulumi-gitlab-agent");

const { project, agentId } = new ClusterAgent("common", { project: "group/app" });
exports.agentToken = new AgentToken("common", { project, agentId }).token;
`;

// A link into the repository could hide mistakes, so the package is installed in node_modules as npm does it.
test("a packed tarball works in another project", async () => {
  const manifest = {
    name: "stranger",
    private: true,
    main: "index.ts",
    dependencies: { "pulumi-gitlab-agent": `file:${tarball}`, "@pulumi/pulumi": sdkVersion },
    devDependencies: { "@types/node": "^22.0.0", "ts-node": "^10.9.2", typescript: "~5.9.0" },
  };
  const files = {
    "Pulumi.yaml": "name: stranger\nruntime: nodejs\n",
    "package.json": JSON.stringify(manifest),
    "tsconfig.json": JSON.stringify({
      compilerOptions: {
        strict: true,
        target: "es2022",
        module: "node16",
        moduleResolution: "node16",
        outDir: "bin",
        types: ["node"],
      },
      files: ["index.ts"],
    }),
    "index.ts": PROGRAM,
  };
  const env = { GITLAB_BASE_URL: simulator.url, GITLAB_TOKEN: simulator.tokens["maintainer"] ?? "" };
  await withProject({ files, env, link: false }, async (project) => {
    const install = ["install", "--no-audit", "--no-fund", "--prefer-offline"];
    const installed = await project.run("npm", install, { limit: 240 });
    expect([installed.code, installed.output]).toEqual([0, expect.any(String)]);
    // The program's types, with the author's own compiler settings, which also check library files. tests/tooling/types.test.ts
    // compiles with the older TypeScript too, which takes three times as long.
    const compiler = path.join(repository, "node_modules/typescript-7/bin/tsc");
    const types = await project.run(process.execPath, [compiler, "--noEmit", "-p", "."]);
    expect([types.code, types.output]).toEqual([0, ""]);
    await project.pulumi(["up", "--yes", "--skip-preview"]);
    expect((await project.outputs())["agentToken"]).toBe(simulator.state.activeTokens()[0]?.secret);
    // The state has the declaring line of each resource and of the explicit provider, and not the path of the package.
    const state = project.stateFiles().join("\n");
    expect(state).toContain('"sourcePosition":"project:///index.ts#3,18"');
    expect(state).not.toContain("dist/sdk");
    await project.expectNoChanges();
    // The command line, as npx finds it after the installation.
    const adopt = ["--no-install", "pulumi-gitlab-agent", "adopt", "--project", "group/app", "--dry-run"];
    const shown = await project.run("npx", adopt, { limit: 60 });
    expect([shown.code, shown.stdout]).toEqual([
      0,
      expect.stringMatching(/│ ClusterAgent +│ production +│ group\/app:\d+ /),
    ]);

    // A CommonJS program in plain JavaScript, with the same packages. Its update deletes what the other program declared.
    project.write("package.json", JSON.stringify({ ...manifest, main: "common.js" }));
    project.write("common.js", COMMON);
    await project.pulumi(["up", "--yes", "--skip-preview"]);
    expect(simulator.state.agents).toMatchObject([{ name: "common" }]);
    expect(simulator.state.urlConfigurations).toEqual([]);
    expect(simulator.state.activeTokens()).toMatchObject([{ secret: (await project.outputs())["agentToken"] }]);
    await project.pulumi(["refresh", "--yes", "--skip-preview", "--expect-no-changes"]);
    await project.pulumi(["destroy", "--yes", "--skip-preview"]);
    expect(simulator.state.agents).toEqual([]);
    renameSync(path.join(project.folder, "node_modules"), modules());
  });
});

test("an example works when it is copied as examples/README.md says", async () => {
  const page = textOf("examples/README.md");
  const steps = page.slice(page.indexOf("## Copy one out"));
  const [, from = "", dependency = ""] = /folder, such as `([^`]+)`[\s\S]*the dependency `([^`]+)`/.exec(steps) ?? [];
  const [, replacement = ""] = /file that `npm pack` creates in a clone, `("file:[^`]+")`/.exec(steps) ?? [];
  const manifest = textOf(`${from}/package.json`);
  expect(manifest).toContain(dependency);
  expect(replacement).toBe(`"file:/path/to/${path.basename(tarball)}"`);
  const name = dependency.split(":")[0];
  const files = { "package.json": manifest.replace(dependency, `${name}: "file:${tarball}"`) };
  const config = { "gitlab:baseUrl": simulator.url };
  await withProject({ from, files, config, link: false }, async (project) => {
    const commands = [...steps.matchAll(/`((?:npm|pulumi) [^`]+)`/g)].map((match) => match[1]);
    expect(commands).toEqual([
      "npm pack",
      "npm install",
      "pulumi stack init dev",
      "pulumi config set --secret gitlab:token",
      "pulumi up",
    ]);
    if (existsSync(modules())) renameSync(modules(), path.join(project.folder, "node_modules"));
    const install = ["install", "--no-audit", "--no-fund", "--prefer-offline"];
    const installed = await project.run("npm", install, { limit: 240 });
    expect([installed.code, installed.output]).toEqual([0, expect.any(String)]);
    // withProject has created the stack.
    await project.pulumi(["config", "set", "--secret", "gitlab:token", simulator.tokens["maintainer"] ?? ""]);
    await project.pulumi(["up", "--yes", "--skip-preview"]);
    expect(simulator.state.agents).toHaveLength(1);
  });
});

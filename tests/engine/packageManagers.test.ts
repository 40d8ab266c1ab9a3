import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { repository } from "../support/repository";
import { cleanEnvironment, runCommand } from "../support/processes";
import { packTarball, withProject, type Project } from "../support/project";
import { version as sdkVersion } from "@pulumi/pulumi/package.json";

// The package as each package manager installs it, each with another kind of program. npm's layout, with TypeScript that Pulumi
// compiles and with CommonJS: tests/engine/packed.test.ts.
let simulator: Simulator;
let folder: string;
let tarball: string;
beforeAll(async () => {
  simulator = await startSimulator();
  folder = mkdtempSync(path.join(tmpdir(), "pulumi-gitlab-agent-managers-"));
  tarball = await packTarball();
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await simulator.close();
});
beforeEach(() => simulator.reset());

const bin = (name: string) => path.join(repository, "node_modules/.bin", name);
const settings = () => ({
  config: {
    "gitlab:baseUrl": simulator.url,
    "gitlab:token": { secret: simulator.tokens["maintainer"] ?? "" },
    gitlabProject: "group/app",
  },
});

/** Makes it the next month for the program only. */
const LATER = `const Now = Date;
globalThis.Date = class extends Now {
  constructor(...args) {
    super(...(args.length > 0 ? args : [Now.now() + 32 * 24 * 3600 * 1000]));
  }
};
`;

/** Installs the package, then creates, refreshes without changes, runs `also`, and destroys. */
async function runWholeLife(
  project: Project,
  [command = "", ...args]: string[],
  also = async (): Promise<void> => {},
): Promise<void> {
  const installed = await project.run(command, args, { limit: 280 });
  expect([installed.code, installed.output]).toEqual([0, expect.any(String)]);
  await project.pulumi(["up", "--yes", "--skip-preview"]);
  expect((await project.outputs())["agentToken"]).toBe(simulator.state.activeTokens()[0]?.secret);
  await project.pulumi(["refresh", "--yes", "--skip-preview", "--expect-no-changes"]);
  await also();
  await project.pulumi(["destroy", "--yes", "--skip-preview"]);
  expect(simulator.state.agents).toEqual([]);
}

test("pnpm, whose folders are links: a project that `pulumi new` created from the template", async () => {
  const folderOfProject = path.join(folder, "fleet");
  const template = path.join(repository, "templates/gitlab-agent");
  const env = cleanEnvironment({ PULUMI_HOME: path.join(folder, "home"), PULUMI_SKIP_UPDATE_CHECK: "true" });
  // In an empty folder, as the README says, and without the installation, since no registry has this version of the package.
  mkdirSync(folderOfProject);
  const { code, output } = await runCommand(
    "pulumi",
    ["new", template, "--yes", "--generate-only", "--name", "fleet", "--description", "Ours"],
    { env, cwd: folderOfProject },
  );
  expect([code, output]).toEqual([0, expect.stringContaining("Your new project is ready to go!")]);
  const files = Object.fromEntries(
    readdirSync(folderOfProject).map((name) => [name, readFileSync(path.join(folderOfProject, name), "utf8")] as const),
  );
  expect(files["Pulumi.yaml"]).toMatch(/^name: fleet\ndescription: Ours\nruntime:\n? *(name: )?nodejs\n/);
  const manifest = JSON.parse(files["package.json"] ?? "") as { name: string; dependencies: Record<string, string> };
  expect(manifest.name).toBe("fleet");
  // The packed tarball of this repository, since no registry has it.
  manifest.dependencies = { "@pulumi/pulumi": sdkVersion, "pulumi-gitlab-agent": `file:${tarball}` };
  files["package.json"] = JSON.stringify(manifest);
  // `pulumi new` asks for settings without a default, first of all the project.
  expect(readFileSync(path.join(template, "Pulumi.yaml"), "utf8")).toMatch(
    /^ {4}gitlabProject:\n {6}description: .*\n(?! {6}default:)/m,
  );
  files["later.cjs"] = LATER;
  await withProject({ ...settings(), files, link: false }, (project) =>
    runWholeLife(project, [bin("pnpm"), "install"], async () => {
      const [first] = simulator.state.activeTokens();
      const env = { NODE_OPTIONS: `--require ${path.join(project.folder, "later.cjs")}` };
      await project.pulumi(["up", "--yes", "--skip-preview"], { env });
      const [second, ...more] = simulator.state.activeTokens();
      expect([more, second?.id === first?.id]).toEqual([[], false]);
    }),
  );
});

test("Yarn with node_modules: an ES module in plain JavaScript", async () => {
  const files = {
    "Pulumi.yaml": "name: module\nruntime: nodejs\n",
    "package.json": JSON.stringify({
      name: "module",
      private: true,
      type: "module",
      main: "index.js",
      dependencies: { "@pulumi/pulumi": sdkVersion, "pulumi-gitlab-agent": `file:${tarball}` },
    }),
    ".yarnrc.yml": "nodeLinker: node-modules\nenableTelemetry: false\nenableImmutableInstalls: false\n",
    "yarn.lock": "",
    "index.js": `import { AgentToken, ClusterAgent, getAgentTokensOutput } from "pulumi-gitlab-agent";

const { project, agentId } = new ClusterAgent("production", { project: "group/app" });
export const { token: agentToken } = new AgentToken("production", { project, agentId });
export const tokens = getAgentTokensOutput({ project, agentId }).apply((found) => found.length);
`,
  };
  await withProject({ ...settings(), files, link: false }, (project) =>
    runWholeLife(project, [bin("yarn"), "install"]),
  );
});

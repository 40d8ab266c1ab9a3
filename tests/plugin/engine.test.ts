import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { repository } from "../support/repository";
import { cleanEnvironment, runCommand, runningProcesses } from "../support/processes";
import { withProject, type Project, type ProjectOptions } from "../support/project";
import { describeYaml } from "./yamlHost";

let simulator: Simulator;
let other: Simulator;
beforeAll(async () => {
  [simulator, other] = [await startSimulator(), await startSimulator()];
});
afterAll(() => Promise.all([simulator.close(), other.close()]));
beforeEach(() => {
  simulator.reset();
  other.reset();
});

const credential = (gitlab: Simulator) => gitlab.tokens["maintainer"] ?? "";

/** A YAML program. */
const program = (rest: string, more = "") => `name: native
runtime: yaml
${more}
resources:
${rest}`;

const UP = ["up", "--yes", "--skip-preview"];

describeYaml("the plugin in the real engine", (yaml) => {
  // With the plugin, installed once: the engine keeps the schema of an installed plugin, and starts one in a folder for it each time.
  const home = mkdtempSync(path.join(tmpdir(), "pulumi-gitlab-agent-home-"));
  beforeAll(async () => {
    const env = cleanEnvironment({ ...yaml, PULUMI_HOME: home });
    const { code, output } = await runCommand(path.join(repository, "dist/cli/index.js"), ["plugin", "install"], {
      env,
    });
    expect({ code, output }).toMatchObject({ code: 0 });
  });
  afterAll(() => rmSync(home, { recursive: true }));

  const options = (text: string, config: ProjectOptions["config"] = {}): ProjectOptions => ({
    link: false,
    env: { ...yaml, PULUMI_HOME: home },
    files: { "Pulumi.yaml": text },
    config: {
      "gitlab-agent:baseUrl": simulator.url,
      "gitlab-agent:token": { secret: credential(simulator) },
      ...config,
    },
  });

  test("explicit providers with their own GitLab and credential; names by the stack's pattern; debug lines; customTimeouts", async () => {
    const text = program(
      `  there:
    type: pulumi:providers:gitlab-agent
    properties: { baseUrl: "${other.url}", token: "${credential(other)}", debug: true }
  here: { type: gitlab-agent:ClusterAgent, properties: { project: group/app } }
  elsewhere:
    type: gitlab-agent:ClusterAgent
    properties: { project: group/app, name: by-hand }
    options: { provider: "\${there}", customTimeouts: { create: 20s } }`,
      `config: { "pulumi:autonaming": { value: { pattern: "\${stack}-\${name}" } } }`,
    );
    await withProject(options(text), async (project) => {
      const { output } = await project.pulumi(UP);
      expect(simulator.state.agents.map(({ name }) => name)).toEqual(["dev-here"]);
      expect(other.state.agents.map(({ name }) => name)).toEqual(["by-hand"]);
      expect(output).toMatch(/gitlab debug: POST \/api\/v4\/projects\/group%2Fapp\/cluster_agents .*201/);
      for (const secret of [credential(simulator), credential(other)]) {
        expect(output).not.toContain(secret);
        expect(project.stateFiles().filter((state) => state.includes(secret))).toEqual([]);
      }
      await project.pulumi(["preview", "--expect-no-changes"]);
      // A changed setting of a provider changes no resource, and the error of a wrong setting names the provider.
      project.write("Pulumi.yaml", text.replace(credential(other), "glpat-wrong").replace("by-hand", "another"));
      const refused = await project.tryPulumi(UP);
      expect(refused.output).toMatch(/answered 401.*argument `token` of provider "there"/);
      expect(other.state.agents.map(({ name }) => name)).toEqual(["by-hand"]);
      project.write("Pulumi.yaml", text);
      await project.pulumi(["destroy", "--yes", "--skip-preview", "--run-program"]);
      expect([...simulator.state.agents, ...other.state.agents]).toEqual([]);
    });
  });

  test("after `pulumi import` of all kinds a preview shows no changes; lists and functions need no program", async () => {
    const agent = simulator.state.createAgent(101, "production");
    const token = simulator.state.createToken(agent.id, "blue", "why");
    simulator.state.markTokenUsed(token.id);
    const url = "grpcs://agent.example.com:443";
    const { id: configId } = simulator.state.setUrlConfiguration(agent.id, { url });
    const ids: Record<string, string> = {
      ClusterAgent: `group/app:${agent.id}`,
      AgentToken: `group/app:${agent.id}:${token.id}`,
      ReceptiveUrlConfig: `group/app:${agent.id}:${configId}`,
      AgentConnection: `group/app:${agent.id}:${token.id}`,
    };
    const on = `project: group/app, agentId: ${agent.id}`;
    const inputs: Record<string, string> = {
      ClusterAgent: "project: group/app, name: production",
      AgentToken: `${on}, name: blue, description: why`,
      ReceptiveUrlConfig: `${on}, url: "${url}"`,
      AgentConnection: `${on}, tokenId: ${token.id}`,
    };
    const resources = Object.entries(inputs)
      .map(([type, given]) => `  ${type}: { type: "gitlab-agent:${type}", properties: { ${given} } }`)
      .join("\n");
    await withProject(options(program(resources)), async (project) => {
      const file = {
        resources: Object.entries(ids).map(([type, id]) => ({ type: `gitlab-agent:index:${type}`, name: type, id })),
      };
      project.write("import.json", JSON.stringify(file));
      const flags = ["--yes", "--skip-preview", "--generate-code=false", "--protect=false"];
      const { output } = await project.pulumi(["import", "--file", "import.json", ...flags]);
      expect(output).toMatch(/= 4 imported/);
      expect(output).toMatch(/read without its secret.*GLA5031/);
      await project.pulumi(["preview", "--expect-no-changes"]);
      await project.pulumi(["refresh", "--yes", "--skip-preview", "--expect-no-changes"]);
      expect(simulator.requests.filter(({ method }) => method !== "GET")).toEqual([]);

      const env = { GITLAB_BASE_URL: simulator.url, GITLAB_TOKEN: credential(simulator) };
      const listed = async (kind: string, ...query: string[]) => {
        const run = await project.run("pulumi", ["do", `gitlab-agent:${kind}`, "list", ...query], { env });
        return JSON.parse(run.stdout.slice(run.stdout.indexOf("["))) as { id: string; name: string }[];
      };
      expect(await listed("ClusterAgent", "--project", "group/app")).toEqual([
        { id: ids["ClusterAgent"], name: "production" },
      ]);
      expect(await listed("AgentToken", "--project", "group/app", "--agent-id", String(agent.id))).toEqual([
        { id: ids["AgentToken"], name: "blue" },
      ]);
      const kas = await project.run("pulumi", ["do", "gitlab-agent:index:getKas"], { env });
      expect(kas.stdout).toMatch(/"externalUrl": "wss?:/);

      await project.pulumi(["destroy", "--yes", "--skip-preview"]);
      expect([simulator.state.agents, simulator.state.activeTokens()]).toEqual([[], []]);
    });
  });

  test("a provider is killed during a creation: the next update names what it left, and `import` takes it over", async () => {
    const agent = (more = "") =>
      program(`  production: { type: gitlab-agent:ClusterAgent, properties: { project: group/app }${more} }`);
    await withProject(options(agent()), async (project) => {
      simulator.faults.add({ kind: "delayAfter", delay: 60_000, method: "POST" });
      const update = project.tryPulumi(UP);
      await kill(project);
      expect((await update).code).not.toBe(0);
      const { id } = simulator.state.agent("production");
      const next = await project.tryPulumi(UP);
      expect(next.code).not.toBe(0);
      expect(next.output).toMatch(
        new RegExp(`Agent ${id} of .* has this name since .*import: "group/app:${id}".*GLA5001`),
      );
      project.write("Pulumi.yaml", agent(`, options: { import: "group/app:${id}" }`));
      expect((await project.pulumi(UP)).output).toMatch(/= 1 imported/);
      project.write("Pulumi.yaml", agent());
      await project.pulumi(["preview", "--expect-no-changes"]);
      expect(simulator.state.agents.map((each) => each.id)).toEqual([id]);
    });
  });

  /** Kills the plugin's process once GitLab has received its creation. */
  async function kill(project: Project): Promise<void> {
    for (let tries = 0; tries < 300 && !simulator.requests.some(({ method }) => method === "POST"); tries++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const plugins = runningProcesses(project.root).filter((pid) =>
      readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("pulumi-resource-gitlab-agent"),
    );
    expect(plugins.length).toBeGreaterThan(0);
    for (const pid of plugins) process.kill(pid, "SIGKILL");
  }
});

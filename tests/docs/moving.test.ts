import { readFileSync } from "node:fs";
import * as path from "node:path";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { parse } from "yaml";
import { describeYaml } from "../plugin/yamlHost";
import { nextRun } from "../provider/doors";
import { repository } from "../support/repository";
import { servePlugin, type ServedPlugin } from "../support/plugin";
import { withProject, type Project } from "../support/project";
import { blocksOf, textOf, type Block } from "./pages";

const PAGE = "docs/moving.md";
/** What a TypeScript program has beside its own files. */
const TYPESCRIPT = {
  "package.json": JSON.stringify({ name: "clusters", private: true }),
  "tsconfig.json": readFileSync(path.join(repository, "examples/quickstart/tsconfig.json"), "utf8"),
};

let simulator: Simulator;
let plugin: ServedPlugin;
beforeAll(async () => {
  simulator = await startSimulator();
  plugin = await servePlugin();
});
afterAll(async () => {
  plugin.close();
  await simulator.close();
});
beforeEach(() => simulator.reset());

/** The blocks of a section, in order; "" for those before the first heading. */
function section(heading: string, language: string): Block[] {
  const lines = textOf(PAGE).split("\n");
  const isHeading = (line: string) => line.startsWith("## ");
  const from = heading === "" ? 0 : lines.indexOf(`## ${heading}`) + 1;
  const length = lines.slice(from).findIndex(isHeading);
  const blocks = blocksOf(PAGE).filter((block) => block.language === language);
  expect([heading, heading !== "" && from === 0]).toEqual([heading, false]);
  return blocks.filter(({ line }) => line > from && (length < 0 || line <= from + length));
}

/** A block as text, without the list's indentation. */
const plain = ({ text }: Block) => {
  const [indentation = ""] = /^ */.exec(text) ?? [];
  return text.replace(new RegExp(`^${indentation}`, "gm"), "");
};

/** Commands of others, whose effect the fixtures have. */
const PEERS = ["terraform"];

/**
 * Runs every command of a section, as a reader types it. Returns what each printed.
 *
 * @param before called with each command before it runs
 */
async function walk(
  project: Project,
  heading: string,
  before: (command: string) => Promise<void> = () => Promise.resolve(),
): Promise<Record<string, string>> {
  const printed: Record<string, string> = {};
  const typed = section(heading, "sh").flatMap((block) => plain(block).trimEnd().split("\n"));
  expect(typed.length).toBeGreaterThan(0);
  for (const command of typed.filter((each) => !PEERS.includes(each.split(" ")[0] ?? ""))) {
    nextRun();
    await before(command);
    const ours = `${process.execPath} ${path.join(repository, "dist/cli/index.js")}`;
    const line = command
      .replace("npx pulumi-gitlab-agent", ours)
      .replace("https://gitlab.example.com", simulator.url)
      .replace(/(?<=^pulumi (up|refresh))$/, " --skip-preview");
    const env = { PULUMI_STACK: "dev", PULUMI_SKIP_CONFIRMATIONS: "true", NO_COLOR: "1" };
    const { code, output } = await project.run("bash", ["-c", `set -o pipefail; ${line}`], { env });
    expect([command, code, code === 0 ? "" : output]).toEqual([command, 0, ""]);
    printed[command] = output;
  }
  return printed;
}

const credential = () => simulator.tokens["maintainer"] ?? "";
const writes = () => simulator.requests.filter(({ method }) => method !== "GET").length;

/** No secret is in a file of the backend in clear. */
function expectHidden(project: Project, ...secrets: string[]): void {
  for (const secret of [credential(), ...secrets]) {
    expect(project.stateFiles().filter((text) => text.includes(secret))).toEqual([]);
  }
}

/** An exported state names what encrypts its secrets: here the stack's Vault or passphrase. */
function withSecretsProvider(state: string, project: Project): string {
  const { encryptionsalt: salt, ...settings } = parse(
    readFileSync(path.join(project.folder, "Pulumi.dev.yaml"), "utf8"),
  ) as Record<"encryptionsalt" | "secretsprovider" | "encryptedkey", string | undefined>;
  const vault = { type: "cloud", state: { url: settings.secretsprovider, encryptedkey: settings.encryptedkey } };
  const secrets_providers = salt === undefined ? vault : { type: "passphrase", state: { salt } };
  const exported = JSON.parse(state) as { deployment: object };
  return JSON.stringify({ ...exported, deployment: { ...exported.deployment, secrets_providers } });
}

describeYaml("docs/moving.md", (yaml) => {
  test("from TypeScript to YAML by the plugin, renamed, and back: no request writes, and the secret stays", async () => {
    const [typescript] = section("From dynamic resources to the plugin", "ts");
    const [back] = section("Back to dynamic resources", "ts");
    const [program] = section("From dynamic resources to the plugin", "yaml");
    const [summary] = section("From dynamic resources to the plugin", "text");
    if (!typescript || !back || !program || !summary) throw new Error("a program is missing");
    const nodejs = "runtime: nodejs\nmain: index.ts\n";
    const files = { ...TYPESCRIPT, "Pulumi.yaml": `name: clusters\n${nodejs}`, "index.ts": typescript.text };
    const config = { "gitlab:baseUrl": simulator.url, "gitlab:token": { secret: credential() } };
    await withProject({ files, config, env: { ...yaml, ...plugin.env } }, async (project) => {
      await project.pulumi(["up", "--yes", "--skip-preview"]);
      const [{ secret = "?" } = {}] = simulator.state.activeTokens();
      const before = writes();
      await walk(project, "");

      project.write("Pulumi.yaml", plain(program));
      const moved = await walk(project, "From dynamic resources to the plugin");
      for (const step of ["pulumi preview", "pulumi up"]) expect(moved[step]).toContain(plain(summary));
      expect(await project.outputs()).toEqual({ agentToken: secret });
      expect(writes()).toBe(before);
      expectHidden(project, secret);

      await project.pulumi(["stack", "rename", "organization/renamed/dev"]);
      project.write("Pulumi.yaml", `name: renamed\n${nodejs}`);
      project.write("index.ts", back.text);
      const returned = await walk(project, "Back to dynamic resources");
      expect(returned["pulumi up"]).toMatch(/~ 2 updated\n +1 unchanged/);
      project.write("index.ts", typescript.text);
      await project.pulumi(["preview", "--expect-no-changes"]);
      expect(await project.outputs()).toEqual({ agentToken: secret });
      expect(writes()).toBe(before);
      expectHidden(project, secret);
    });
  });

  const fixtures = (name: string) => readFileSync(path.join(repository, "tests/fixtures/peers", name), "utf8");

  test.each<[heading: string, fixture: string, files: Record<string, string>, type: string]>([
    [
      "From Pulumi's GitLab provider",
      "pulumi.json",
      { ...TYPESCRIPT, "Pulumi.yaml": "name: clusters\nruntime: nodejs\nmain: agents.ts\n" },
      "pulumi-nodejs:dynamic/gitlab:AgentToken",
    ],
    [
      "From Terraform's GitLab provider",
      "terraform.tfstate",
      { "Pulumi.yaml": "name: clusters\nruntime: yaml\n" },
      "gitlab-agent:index:AgentToken",
    ],
  ])(
    "%s: agent and token stay in GitLab, and the token's secret is carried over",
    async (heading, fixture, files, type) => {
      const agent = simulator.state.createAgent("group/app", "production");
      const { id, secret, createdAt } = simulator.state.createToken(agent.id, "cluster", "Installed by Helm");
      expect([agent.id, id]).toEqual([1, 1]);
      const state = fixtures(fixture)
        .replaceAll("SECRET", secret)
        // Both providers record whole seconds.
        .replaceAll("CREATED_AT", new Date(createdAt).toISOString().replace(/\.\d+/, ""));
      const env = { ...yaml, ...plugin.env, GITLAB_BASE_URL: simulator.url, GITLAB_TOKEN: credential() };
      const config = { "gitlab-agent:baseUrl": simulator.url, "gitlab-agent:token": { secret: credential() } };
      await withProject({ env, files: { ...files, "state.json": state }, config }, async (project) => {
        if (fixture === "pulumi.json") {
          project.write("state.json", withSecretsProvider(state, project));
          await project.pulumi(["stack", "import", "--file", "state.json"]);
        }
        const printed = await walk(project, heading, async (command) => {
          // The engine would load the plugin of Pulumi's GitLab provider, which is not installed here.
          const provider = "urn:pulumi:dev::clusters::pulumi:providers:gitlab::default_9_3_0";
          if (fixture !== "pulumi.json" || !command.startsWith("pulumi import")) return;
          await project.pulumi(["state", "delete", provider, "--yes"]);
        });
        const said = Object.entries(printed);
        const [, adopted = ""] = said.find(([command]) => command.includes(" adopt ")) ?? [];
        expect(adopted).toContain(
          "import.json has secrets of tokens in clear: delete it, and state.json, after the import.",
        );
        expect(said.find(([command]) => command.startsWith("pulumi import"))?.[1]).toMatch(/= 2 imported/);
        for (const [, output] of said) expect(output).not.toContain(secret);

        nextRun();
        await project.pulumi(["refresh", "--yes", "--skip-preview", "--expect-no-changes"]);
        expect(writes()).toBe(0);
        expectHidden(project, secret);
        const { stdout } = await project.pulumi(["stack", "export", "--show-secrets"]);
        const { deployment } = JSON.parse(stdout) as { deployment: { resources: { type: string; outputs: object }[] } };
        const [token] = deployment.resources.filter((each) => each.type === type);
        expect(token?.outputs).toMatchObject({ token: { plaintext: JSON.stringify(secret) } });
        expect(deployment.resources.filter((each) => each.type.startsWith("gitlab:"))).toEqual([]);
      });
    },
  );
});

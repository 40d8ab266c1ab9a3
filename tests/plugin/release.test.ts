import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { list } from "tar";
import { version } from "../../package.json";
import { describeClient } from "../conformance/clients";
import { providedSdks, writeSdks } from "../sdks/generated";
import { repository } from "../support/repository";
import { cleanEnvironment, runCommand, type CommandResult } from "../support/processes";
import { withProject } from "../support/project";
import { describeYaml } from "./yamlHost";

const ADDRESS = "https://plugins.example.com/gitlab-agent";
const SYSTEMS = ["linux", "darwin", "windows"].flatMap((os) => ["amd64", "arm64"].map((arch) => `${os}-${arch}`));
const tarballOf = (system: string) => `pulumi-resource-gitlab-agent-v${version}-${system}.tar.gz`;
const tarball = tarballOf(`${process.platform}-${process.arch === "x64" ? "amd64" : process.arch}`);

let folder: string;
const read = (file: string) => readFileSync(path.join(folder, file));

/** Runs what `make release` runs. npm does not retry requests to its registry, since nothing is published. */
function release(...args: string[]): Promise<CommandResult> {
  const env = cleanEnvironment({ npm_config_fetch_retries: "0" });
  return runCommand(process.execPath, ["scripts/release.mjs", "--dry-run", "--out", folder, ...args], {
    cwd: repository,
    env,
    limit: 240,
  });
}

let packed: CommandResult;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "pulumi-gitlab-agent-release-test-"));
  packed = await release("--plugin-download-url", ADDRESS);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("`make release ARGS=--dry-run` packs the npm package and the plugin for every system, with checksums", async () => {
  expect([packed.code, packed.output]).toEqual([0, expect.stringContaining("Dry run: nothing was published.")]);
  expect(packed.stdout).toMatch(/^ +ok {2}there are state fixtures of \d+\.\d+\.\d+,/m);
  // A job that may publish runs no tests.
  expect(packed.stdout).toMatch(/^not yet {2}it runs in a CI job that can prove itself/m);
  expect(packed.output).toMatch(/npm notice .*dist\/provider\/index\.js/);
  expect(packed.output).toContain(`pulumi-gitlab-agent@${version}`);
  // npm corrects a package.json while it publishes, so it must be correct before, or users would get another one than was tested.
  expect(packed.output).not.toContain("auto-corrected");
  const written = [`pulumi-gitlab-agent-${version}.tgz`, ...SYSTEMS.map(tarballOf), "schema.json"];
  const sums = written.map((file) => `${createHash("sha256").update(read(file)).digest("hex")}  ${file}\n`);
  expect(read("SHA256SUMS").toString()).toBe(sums.join(""));
  const entries: Record<string, number> = {};
  await list({ file: path.join(folder, tarball), onReadEntry: ({ path: name, mode = 0 }) => (entries[name] = mode) });
  const built = Object.entries(entries).filter(([name]) => name !== "LICENSE");
  expect(built).toContainEqual(["pulumi-resource-gitlab-agent", 0o755]);
  expect(built).toContainEqual(["pulumi-resource-gitlab-agent.cmd", 0o755]);
  expect(built.map(([name]) => name).sort()).toEqual(readdirSync(path.join(repository, "dist/plugin")).sort());
  // The schema has the download address, so that generated SDKs have it.
  const schema = JSON.parse(read("schema.json").toString()) as Record<string, unknown>;
  expect(schema).toMatchObject({ name: "gitlab-agent", version, pluginDownloadURL: ADDRESS });
});

test.each([
  ["gitlab://gitlab.com/42", "would send GITLAB_TOKEN"],
  ["http://plugins.example.com", "is not encrypted"],
  ["https://user:password@plugins.example.com", "holds a credential"],
])("a release refuses the download address %s, which %s", async (address) => {
  const { code, output } = await release("--plugin-download-url", address);
  expect([code, output]).toEqual([1, expect.stringContaining("It must begin with https:// or github://")]);
});

describeClient("SDKs of a release", providedSdks().generators, () => {
  test("name the download address, from which `pulumi up` installs the plugin", async () => {
    const written = path.join(folder, "sdks");
    await writeSdks(written, path.join(folder, "schema.json"));
    const plugin = JSON.parse(
      readFileSync(path.join(written, "python/pulumi_gitlab_agent/pulumi-plugin.json"), "utf8"),
    ) as object;
    expect(plugin).toEqual({ resource: true, name: "gitlab-agent", version, server: ADDRESS });
  });
});

describeYaml("what a release packs", (yaml) => {
  let simulator: Simulator;
  let server: Server;
  const asked: string[] = [];
  beforeAll(async () => {
    simulator = await startSimulator();
    server = createServer(({ url = "" }, response) => {
      asked.push(url);
      const file = path.join(folder, path.basename(url));
      if (existsSync(file)) response.end(readFileSync(file));
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterAll(async () => {
    server.close();
    await simulator.close();
  });

  const PROGRAM = `name: released
runtime: yaml
resources:
  production: { type: gitlab-agent:ClusterAgent, properties: { project: group/app } }
outputs:
  agentId: \${production.agentId}
`;

  test("is installed from the file, and by `pulumi package add --server`, and runs a program on a machine without it", async () => {
    const env = {
      ...yaml,
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "false",
      GITLAB_BASE_URL: simulator.url,
      GITLAB_TOKEN: simulator.tokens["maintainer"] ?? "",
    };
    await withProject({ files: { "Pulumi.yaml": PROGRAM }, link: false, env }, async (project) => {
      const plugin = ["plugin", "install", "resource", "gitlab-agent", `v${version}`];
      await project.pulumi([...plugin, "--file", path.join(folder, tarball)]);
      const { stdout } = await project.run("pulumi", ["package", "get-schema", "gitlab-agent"]);
      expect(JSON.parse(stdout)).toMatchObject({ version, pluginDownloadURL: ADDRESS });
      const remove = () => project.pulumi(["plugin", "rm", "resource", "gitlab-agent", "--yes"]);
      await remove();

      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      await project.pulumi([...plugin, "--server", url]);
      await remove();

      // The YAML host of the Go registry cannot link SDKs, a step after those that this test checks.
      const add = ["package", "add", `gitlab-agent@${version}`, "--server", url, "--non-interactive"];
      const { output } = await project.run("pulumi", add);
      expect(output).toContain("Successfully generated an SDK for the gitlab-agent package");
      const sdk = readFileSync(path.join(project.folder, `sdks/gitlab-agent/gitlab-agent-${version}.yaml`), "utf8");
      expect(sdk).toContain(url);
      await remove();

      // Another machine has the program and the files of `package add`, and installs the plugin by itself.
      const up = await project.pulumi(["up", "--yes", "--skip-preview"]);
      expect(up.output).toMatch(/Downloading plugin gitlab-agent/);
      expect(await project.outputs()).toEqual({ agentId: simulator.state.agent("production").id });
      expect(asked).toEqual(Array(3).fill(`/${tarball}`));
      await project.pulumi(["destroy", "--yes", "--skip-preview"]);
      expect(simulator.state.agents).toEqual([]);
    });
  });
});

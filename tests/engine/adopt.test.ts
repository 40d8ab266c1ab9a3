import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import * as path from "node:path";
import { readFileSync } from "node:fs";
import { certificateAuthority } from "../support/certificates";
import { repository } from "../support/repository";
import { withProject } from "../support/project";

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());

const command = path.join(repository, "dist/cli/index.js");

test("two projects are adopted with `pulumi import`: preview and refresh show no changes, destroy deletes all", async () => {
  const { cert, key } = await (await certificateAuthority()).issue();
  const { state } = simulator;
  // The names collide: one agent name in two projects, tokens with one name, and names that are no identifiers.
  const one = state.createAgent("group/app", "production", 1);
  const two = state.createAgent("group/subgroup/infra", "production");
  const edge = state.createAgent("group/app", "edge");
  const lonely = state.createAgent("group/app", "0-lonely");
  const tokens = [
    state.createToken(one.id, "production", "of the cluster", 1),
    state.createToken(one.id, 'Größe: "2" `${x}`\\', "line 1\nline 2"),
    state.createToken(two.id, "same"),
    state.createToken(two.id, "same"),
  ];
  state.revokeToken(state.createToken(lonely.id, "revoked").id);
  state.setUrlConfiguration(two.id, { url: "grpc://two.example.com:80", tlsHost: "two.example.com" });
  state.setUrlConfiguration(edge.id, {
    url: "grpcs://edge.example.com:443",
    clientCert: cert,
    clientKey: key,
    caCert: cert,
  });
  const env = { GITLAB_BASE_URL: simulator.url, GITLAB_TOKEN: simulator.tokens["maintainer"]! };
  const files = {
    "Pulumi.yaml": "name: adopted\nruntime: nodejs\nmain: agents.ts\n",
    "package.json": JSON.stringify({ name: "adopted", private: true }),
    "tsconfig.json": JSON.stringify({
      compilerOptions: { strict: true, module: "commonjs", target: "es2022", noUnusedLocals: true },
    }),
  };
  // The written program compiles with the settings that users have.
  const checked = { ...env, PULUMI_NODEJS_TRANSPILE_ONLY: "false" };
  await withProject({ files, env: checked }, async (project) => {
    const adopted = await project.run(process.execPath, [
      command,
      "adopt",
      "--project",
      "group/app",
      "--project",
      "102",
      "--project",
      "group%2Fapp",
    ]);
    expect(adopted).toMatchObject({ code: 0, stderr: "" });
    expect(adopted.stdout).toContain("4 agents, 4 tokens, 2 URL configurations.");
    expect(simulator.requests.filter(({ method }) => method !== "GET")).toEqual([]);
    const written = ["import.json", "agents.ts"].map((file) => readFileSync(path.join(project.folder, file), "utf8"));
    for (const { secret } of state.tokens) expect(adopted.output + written.join()).not.toContain(secret);
    expect(written.join()).not.toContain("PRIVATE KEY");

    const { output } = await project.pulumi([
      "import",
      "--file",
      "import.json",
      "--generate-code=false",
      "--protect=false",
      "--yes",
    ]);
    expect(output).toMatch(/= 10 imported/);
    expect(output).not.toMatch(/warning: (?!using)|failed to validate/);
    await project.pulumi(["preview", "--expect-no-changes"]);
    // The imported state equals what a refresh records, output by output.
    const before = await exported();
    await project.pulumi(["refresh", "--yes", "--expect-no-changes"]);
    expect(await exported()).toEqual(before);
    expect(Object.keys(before)).toHaveLength(10);
    expect(simulator.requests.filter(({ method }) => method !== "GET")).toEqual([]);
    expect(state.activeTokens()).toHaveLength(tokens.length);
    await project.pulumi(["destroy", "--yes"]);
    expect(state.agents).toEqual([]);
    expect(state.activeTokens()).toEqual([]);
    expect(state.urlConfigurations).toEqual([]);

    async function exported(): Promise<Record<string, unknown>> {
      const { stdout } = await project.pulumi(["stack", "export"]);
      const { deployment } = JSON.parse(stdout) as {
        deployment: { resources: { urn: string; type: string; id?: string; inputs: unknown; outputs: unknown }[] };
      };
      const ours = deployment.resources.filter(({ type }) => type.startsWith("pulumi-nodejs:dynamic/"));
      return Object.fromEntries(ours.map(({ urn, id, inputs, outputs }) => [urn, { id, inputs, outputs }]));
    }
  });
});

import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import * as path from "node:path";
import { readFileSync } from "node:fs";
import { certificateAuthority } from "../support/certificates";
import { compile } from "../support/compiler";
import { repository } from "../support/repository";
import { withProject } from "../support/project";

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());

const command = path.join(repository, "dist/cli/index.js");

interface Recorded {
  urn: string;
  type: string;
  id?: string;
  inputs: unknown;
  outputs: unknown;
}

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
      compilerOptions: { strict: true, module: "commonjs", moduleResolution: "node10" },
    }),
  };
  await withProject({ files, env }, async (project) => {
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
    // The written program compiles with the settings that users have.
    const compilation = {
      options: { module: "commonjs", noUnusedLocals: true },
      programs: { "agents.ts": written[1] ?? "" },
    };
    expect(await compile(compilation)).toEqual([]);

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
    // The imported state equals what a refresh and an update of the written program record, output by output.
    const before = recorded();
    await project.expectNoChanges("up");
    expect(recorded()).toEqual(before);
    expect(Object.keys(before)).toHaveLength(10);
    expect(simulator.requests.filter(({ method }) => method !== "GET")).toEqual([]);
    expect(state.activeTokens()).toHaveLength(tokens.length);
    await project.pulumi(["destroy", "--yes", "--skip-preview"]);
    expect(state.agents).toEqual([]);
    expect(state.activeTokens()).toEqual([]);
    expect(state.urlConfigurations).toEqual([]);

    function recorded(): Record<string, unknown> {
      const [state = ""] = project.stateFiles().filter((text) => text.includes('"checkpoint"'));
      const { checkpoint } = JSON.parse(state) as { checkpoint: { latest: { resources: Recorded[] } } };
      const ours = checkpoint.latest.resources.filter(({ type }) => type.startsWith("pulumi-nodejs:dynamic/"));
      return Object.fromEntries(ours.map(({ urn, id, inputs, outputs }) => [urn, { id, inputs, outputs }]));
    }
  });
});

import * as path from "node:path";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { nextRun } from "../provider/doors";
import { certificateAuthority } from "../support/certificates";
import { repository } from "../support/repository";
import { servePlugin, type ServedPlugin } from "../support/plugin";
import { withProject } from "../support/project";
import { describeYaml } from "./yamlHost";

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

describeYaml("adopt --language yaml", (yaml) => {
  test("its import file and its program lead to a clean preview, whatever the names, and nothing is written", async () => {
    const { cert, key } = await (await certificateAuthority()).issue();
    const { state } = simulator;
    const one = state.createAgent("group/app", "production");
    state.createToken(one.id, 'Größe: "2" `${x}` $$ \\ # yes $', "line 1\nline 2\n");
    state.createToken(one.id, "fn::invoke: \u202e - [] {{ }}", "${production.agentId}");
    state.setUrlConfiguration(one.id, {
      url: "grpcs://edge.example.com:443",
      clientCert: cert,
      clientKey: key,
      caCert: cert,
    });
    const env = {
      ...yaml,
      ...plugin.env,
      GITLAB_BASE_URL: simulator.url,
      GITLAB_TOKEN: simulator.tokens["maintainer"]!,
    };
    const files = { "Pulumi.yaml": "name: adopted\nruntime: yaml\n" };
    // The plugin runs in this process: it has the stack's configuration, and the command the environment.
    const config = { "gitlab-agent:baseUrl": simulator.url, "gitlab-agent:token": { secret: env.GITLAB_TOKEN } };
    await withProject({ link: false, env, files, config }, async (project) => {
      const command = path.join(repository, "dist/cli/index.js");
      const adopt = ["adopt", "--project", "101", "--language", "yaml"];
      const adopted = await project.run(process.execPath, [command, ...adopt]);
      expect([adopted.code, adopted.stderr]).toEqual([0, ""]);
      nextRun();
      const { output } = await project.pulumi([
        "import",
        "--file",
        "import.json",
        "--generate-code=false",
        "--protect=false",
        "--yes",
      ]);
      expect(output).toMatch(/= 4 imported/);
      nextRun();
      await project.pulumi(["preview", "--expect-no-changes"]);
      nextRun();
      await project.pulumi(["refresh", "--yes", "--skip-preview", "--expect-no-changes"]);
      expect(simulator.requests.filter(({ method }) => method !== "GET")).toEqual([]);
    });
  });
});

import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { blocksOf } from "../docs/pages";
import { nextRun } from "../provider/doors";
import { repository } from "../support/engine";
import { servePlugin, type ServedPlugin } from "../support/plugin";
import { withProject } from "../support/project";
import { describeYaml } from "./yamlHost";

const folder = path.join(repository, "provider/doors/plugin/examples");
const names = readdirSync(folder).map((file) => path.basename(file, ".yaml"));

/** The page of Pulumi's registry, whose YAML program runs here too. */
const REGISTRY = "docs/registry/_index.md";

function textOf(name: string): string {
  if (name !== REGISTRY) return readFileSync(path.join(folder, `${name}.yaml`), "utf8");
  return blocksOf(REGISTRY).find(({ language }) => language === "yaml")?.text ?? "";
}

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

test("there is an example for every resource, every function and the provider", () => {
  const { resources, functions } = JSON.parse(
    readFileSync(path.join(repository, "provider/doors/plugin/schema.json"), "utf8"),
  ) as Record<string, Record<string, { description: string }>>;
  const described = Object.entries({ ...resources, ...functions }).map(([token]) => token.split(":")[2]);
  expect([...names].sort()).toEqual([...described, "Provider"].sort());
});

describeYaml("the YAML examples of the schema", (yaml) => {
  test.each([...names, REGISTRY])("%s runs unchanged", async (name) => {
    simulator.reset();
    nextRun();
    const isFunction = name.startsWith("get");
    // The objects that the functions' examples look up; the resources' examples start with none.
    if (isFunction) {
      const agent = simulator.state.createAgent(101, "production");
      const token = simulator.state.createToken(agent.id, "blue");
      const configuration = simulator.state.setUrlConfiguration(agent.id, { url: "grpcs://agent.example.com:443" });
      expect([agent.id, token.id, configuration.id]).toEqual([1, 1, 1]);
    }
    const text = textOf(name);
    const credential = simulator.tokens["maintainer"] ?? "";
    const options = {
      link: false,
      env: { ...yaml, ...plugin.env },
      files: { "Pulumi.yaml": text.replace("https://gitlab.example.com", simulator.url) },
      config: {
        "gitlab-agent:baseUrl": simulator.url,
        "gitlab-agent:token": { secret: credential },
        ...(name === "Provider" ? { internalToken: { secret: credential } } : {}),
      },
    };
    await withProject(options, async (project) => {
      // An agent that uses each token at once.
      const using = setInterval(() => {
        for (const { id } of simulator.state.activeTokens()) simulator.state.markTokenUsed(id);
      }, 100);
      try {
        // Functions are called in a preview, too.
        await project.pulumi(isFunction ? ["preview"] : ["up", "--yes", "--skip-preview"]);
      } finally {
        clearInterval(using);
      }
      expect(simulator.requests.length).toBeGreaterThan(0);
    });
  });
});

import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { blocksOf } from "../docs/pages";
import { nextRun } from "../provider/doors";
import { repository } from "../support/repository";
import { KubernetesCluster } from "../support/kubernetesCluster";
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
let cluster: KubernetesCluster;
beforeAll(async () => {
  simulator = await startSimulator();
  plugin = await servePlugin();
  cluster = await KubernetesCluster.start(simulator);
});
afterAll(async () => {
  plugin.close();
  await cluster.close();
  await simulator.close();
});

test("there is an example for every resource, every function and the provider", () => {
  const { resources, functions } = JSON.parse(
    readFileSync(path.join(repository, "provider/doors/plugin/schema.json"), "utf8"),
  ) as Record<string, Record<string, { description: string }>>;
  const described = Object.entries({ ...resources, ...functions }).map(([token]) => token.split(":")[2]);
  expect([...names].sort()).toEqual([...described, "Provider"].sort());
});

/**
 * The component with the plugin as it was built: while the engine reads the schema from a plugin that serves many runs, it cancels what
 * that waits for.
 */
function built(name: string, text: string): string {
  if (name !== "AgentInstallation") return text;
  const place = path.join(repository, "dist/plugin");
  return `${text}plugins: { providers: [{ name: gitlab-agent, path: "${place}" }] }\n`;
}

describeYaml("the YAML examples of the schema", (yaml) => {
  test.each([...names, REGISTRY])("%s runs unchanged", async (name) => {
    simulator.reset();
    cluster.reset();
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
      env: {
        ...cluster.env,
        ...(name === "AgentInstallation" ? {} : plugin.env),
        PATH: [cluster.env["PATH"], yaml.PATH].join(path.delimiter),
      },
      files: { "Pulumi.yaml": built(name, text.replace("https://gitlab.example.com", simulator.url)) },
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

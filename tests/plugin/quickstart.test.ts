import { readFileSync } from "node:fs";
import * as path from "node:path";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { blocksOf } from "../docs/pages";
import { repository } from "../support/repository";
import { withProject } from "../support/project";
import { describeYaml } from "./yamlHost";

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());

test("docs/languages.md shows the program that this test runs", () => {
  const [shown] = blocksOf("docs/languages.md").filter(({ language }) => language === "yaml");
  expect(`${shown?.text.trimEnd()}\n`).toBe(
    readFileSync(path.join(repository, "examples/yaml-quickstart/Pulumi.yaml"), "utf8"),
  );
});

describeYaml("a YAML program", (yaml) => {
  test("examples/yaml-quickstart: from installing the plugin to a rotated token, and a destroy that leaves nothing", async () => {
    const credential = simulator.tokens["maintainer"] ?? "";
    const config = { "gitlab-agent:baseUrl": simulator.url, "gitlab-agent:token": { secret: credential } };
    await withProject({ from: "examples/yaml-quickstart", link: false, env: yaml, config }, async (project) => {
      const command = path.join(repository, "dist/cli/index.js");
      const plugin = async (verb: string) => (await project.run(command, ["plugin", verb])).output;
      expect(await plugin("uninstall")).toMatch(
        /^The plugin gitlab-agent \S+ is not installed. Nothing was changed.\n$/,
      );
      expect(await plugin("install")).toMatch(/^Installed the plugin gitlab-agent \d+\.\d+\.\d+ among the plugins of/);
      expect(await plugin("install")).toMatch(/^Replaced the plugin/);

      await project.pulumi(["preview"]);
      expect(simulator.requests.filter(({ method }) => method !== "GET")).toEqual([]);
      // The response to the agent's creation is lost: the same update finds the agent, and creates no second one.
      simulator.faults.add({ kind: "commitThenDrop", method: "POST", path: "**/cluster_agents" });
      const up = await project.pulumi(["up", "--yes", "--skip-preview"]);
      const [first] = simulator.state.activeTokens();
      expect(await project.outputs()).toEqual({
        agentId: first?.agentId,
        agentName: "production",
        agentToken: first?.secret,
        kasAddress: expect.stringMatching(/^wss?:/) as string,
      });
      await project.expectNoChanges();

      const rotate = ["up", "--yes", "--skip-preview", "--diff", "--config", "rotation=second"];
      const { output } = await project.pulumi(rotate);
      expect(output).toMatch(/rotation\s*: "first" => "second"/);
      const rotated = simulator.state.activeTokens();
      expect(rotated.map(({ id }) => id)).toEqual([expect.any(Number)]);
      expect(rotated[0]?.id).not.toBe(first?.id);
      expect((await project.outputs())["agentToken"]).toBe(rotated[0]?.secret);

      // The new token was created before the old one was revoked.
      const writes = simulator.requests.filter(({ method }) => method !== "GET").map(({ method }) => method);
      expect(writes).toEqual(["POST", "POST", "POST", "DELETE"]);
      for (const secret of [credential, first?.secret ?? "?", rotated[0]?.secret ?? "?"]) {
        expect(project.stateFiles().filter((text) => text.includes(secret))).toEqual([]);
        expect(up.output + output).not.toContain(secret);
      }
      await project.pulumi(["destroy", "--yes", "--skip-preview"]);
      expect([simulator.state.agents, simulator.state.activeTokens()]).toEqual([[], []]);
      expect(await plugin("uninstall")).toMatch(/^Removed the plugin gitlab-agent/);
    });
  });
});

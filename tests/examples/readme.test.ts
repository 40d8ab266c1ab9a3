import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { blocksOf } from "../docs/pages";
import { withProject } from "../support/project";

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());

test("the program of the README runs as it stands there", async () => {
  const program = blocksOf("README.md").find(({ language }) => language === "ts")?.text ?? "";
  const files = {
    "Pulumi.yaml": "name: readme\nruntime: nodejs\n",
    "package.json": '{ "name": "readme", "main": "index.ts" }',
    "index.ts": program,
  };
  const env = { GITLAB_BASE_URL: simulator.url, GITLAB_TOKEN: simulator.tokens["maintainer"] ?? "" };
  await withProject({ from: "examples/quickstart", files, env, config: { receptive: "true" } }, async (project) => {
    await project.pulumi(["up", "--yes", "--skip-preview"]);
    const { agentToken, publicKey, agentId } = await project.outputs();
    expect(agentToken).toBe(simulator.state.activeTokens()[0]?.secret);
    expect([agentId, publicKey]).toEqual([simulator.state.agent("production").id, expect.any(String)]);
    await project.pulumi(["destroy", "--yes", "--skip-preview"]);
    expect(simulator.state.agents).toEqual([]);
  });
});

import type { CustomResourceOptions } from "@pulumi/pulumi";
import * as dynamic from "pulumi-gitlab-agent";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { withStack } from "../support/engine";
import { declareNatively } from "../support/door";

declareNatively();

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());

type Classes = Pick<typeof dynamic, "AgentConnection" | "AgentToken" | "ClusterAgent" | "ReceptiveUrlConfig">;

/** The same resources, as dynamic resources or from the native plugin. */
const program =
  (classes: Classes, optionsOf: (kind: string) => CustomResourceOptions = () => ({})) =>
  () => {
    const agent = new classes.ClusterAgent("agent", { project: "group/app" }, optionsOf("ClusterAgent"));
    const byNumber = new classes.ClusterAgent("by-number", { project: 101 }, optionsOf("ClusterAgent"));
    const on = { project: "group/app", agentId: agent.agentId };
    const token = new classes.AgentToken("token", { ...on, rotationTriggers: { a: 1 } }, optionsOf("AgentToken"));
    const url = "grpcs://agent.example.com:443";
    new classes.ReceptiveUrlConfig(
      "config",
      { project: 101, agentId: byNumber.agentId, url },
      optionsOf("ReceptiveUrlConfig"),
    );
    new classes.AgentConnection("connection", { ...on, tokenId: token.tokenId }, optionsOf("AgentConnection"));
    return Promise.resolve({ token: token.token });
  };

test("a stack moves from the dynamic resources to the plugin and back, without a replacement or a write", async () => {
  const native = (await import("../support/declared")) as unknown as Classes;
  const env = { GITLAB_BASE_URL: simulator.url, GITLAB_TOKEN: simulator.tokens["maintainer"] ?? "" };
  const using = setInterval(() => {
    for (const { id } of simulator.state.activeTokens()) simulator.state.markTokenUsed(id);
  }, 100);
  try {
    await withStack({ program: program(dynamic), env }, async (stack) => {
      const { outputs } = await stack.up();
      const writes = () => simulator.requests.filter(({ method }) => method !== "GET").length;
      const before = writes();
      const stateAfterMove = async (op: string) => {
        const run = await stack.up();
        expect(run.steps.map((step) => step.op)).toEqual(Array(5).fill(op));
        expect(run.outputs["token"]?.value).toBe(outputs["token"]?.value);
        await stack.refresh({ expectNoChanges: true });
        await stack.preview({ expectNoChanges: true });
        expect(writes()).toBe(before);
        const { deployment } = (await stack.exportState()) as {
          deployment: { resources: { type: string; inputs?: object; outputs?: object }[] };
        };
        return deployment.resources.filter(({ type }) => /:(Agent|Cluster|Receptive)/.test(type));
      };
      stack.program = program(native);
      const resources = await stateAfterMove("same");
      expect(resources.map(({ type }) => type.startsWith("gitlab-agent:index:"))).toEqual(Array(5).fill(true));
      stack.program = program(dynamic, (kind) => ({ aliases: [{ type: `gitlab-agent:index:${kind}` }] }));
      // This update only reads: the state gets the text that loads the dynamic resources' provider.
      const back = await stateAfterMove("update");
      expect(back.map(({ type }) => type.startsWith("pulumi-nodejs:dynamic/gitlab:"))).toEqual(Array(5).fill(true));
      // The plugin's state of a resource is no larger than that of the dynamic resources, which also has the text that loads the
      // provider.
      const size = (list: object[]) => JSON.stringify(list).length / list.length;
      expect(size(resources)).toBeLessThanOrEqual(size(back));
      process.stdout.write(
        `state a resource: plugin ${Math.round(size(resources))}, dynamic ${Math.round(size(back))}\n`,
      );
      await stack.destroy();
      expect(simulator.state.agents).toEqual([]);
    });
  } finally {
    clearInterval(using);
  }
});

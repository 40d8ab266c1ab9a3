import { AgentToken, ClusterAgent, ReceptiveUrlConfig } from "pulumi-gitlab-agent";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { withStack } from "../support/engine";

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());
beforeEach(() => simulator.reset());

function program(): Promise<Record<string, unknown>> {
  const agent = new ClusterAgent("production", { project: "group/app" });
  const token = new AgentToken("production", { project: agent.project, agentId: agent.agentId, description: "for tests" });
  const config = new ReceptiveUrlConfig("production", {
    project: agent.project,
    agentId: agent.agentId,
    url: "grpcs://agent.example.com:443",
  });
  return Promise.resolve({ agentId: agent.agentId, agent: agent.id, token: token.token, publicKey: config.publicKey });
}

describe("the three resources on the real engine", () => {
  test("up, clean preview, clean refresh, destroy", async () => {
    const config = { "gitlab:baseUrl": simulator.url, "gitlab:token": { value: simulator.tokens["maintainer"]!, secret: true } };
    await withStack({ program, config }, async (stack) => {
      const up = await stack.up();
      expect(up.steps.map((s) => s.op).filter((op) => op === "create")).toHaveLength(3);
      console.log(up.stdout, JSON.stringify(up.outputs));
      const requests = simulator.requests.length;
      const preview = await stack.preview({ expectNoChanges: true });
      console.log(preview.stdout);
      expect(simulator.requests).toHaveLength(requests);
      const refresh = await stack.refresh({ expectNoChanges: true });
      console.log(refresh.stdout);
      const destroy = await stack.destroy();
      console.log(destroy.stdout, simulator.requests.map((r) => `${r.method} ${r.path} ${r.status}`).join("\n"));
    });
  });
});

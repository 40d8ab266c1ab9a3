import { AgentToken, ClusterAgent, ReceptiveUrlConfig } from "pulumi-gitlab-agent";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { withStack } from "../support/engine";

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());

const LIMIT = 240;

test("a project moved and another one has its former path: added and rotated objects stay with the agent", async () => {
  const { state } = simulator;
  const project = "moving/app";
  const { id: number } = state.createProject({ path: project });
  const program = (when: "before" | "after") => () => {
    const full = new ClusterAgent("full", { project });
    const half = new ClusterAgent("half", { project });
    new AgentToken("blue", { project, agentId: full.agentId, rotationTriggers: { when } });
    new AgentToken("green", { project, agentId: full.agentId });
    if (when === "before") return Promise.resolve({});
    new AgentToken("added", { project, agentId: half.agentId });
    new ReceptiveUrlConfig("added", { project, agentId: half.agentId, url: "grpc://agent.example.com:80" });
    return Promise.resolve({});
  };
  const config = {
    "gitlab:baseUrl": simulator.url,
    "gitlab:token": { value: simulator.tokens["maintainer"] ?? "", secret: true },
  };
  await withStack({ config, program: program("before"), limit: LIMIT }, async (stack) => {
    await stack.up();
    const [full, half] = [state.agent("full").id, state.agent("half").id];
    const tokenOf = (name: string) => state.activeTokens().find((token) => token.name === name)?.id;
    const [blue, green] = [tokenOf("blue"), tokenOf("green")];

    state.renameProject(project, "moved/app", { redirect: false });
    const { id: other } = state.createProject({ path: project });
    stack.program = program("after");
    const moved = await stack.up();
    expect(moved.ops("blue")).toEqual(["delete-replaced", "replace", "create-replacement"]);
    expect(moved.ops("added")).toEqual(["create", "create"]);
    const active = (agentId: number) => state.activeTokens(agentId).map(({ id, name }) => ({ id, name }));
    expect(active(full)).toEqual([
      { id: green, name: "green" },
      { id: expect.any(Number) as number, name: "blue" },
    ]);
    expect(tokenOf("blue")).not.toBe(blue);
    expect(active(half)).toEqual([{ id: expect.any(Number) as number, name: "added" }]);
    expect(state.urlConfigurations.map(({ agentId }) => agentId)).toEqual([half]);
    expect(state.agents.map(({ projectId }) => projectId)).toEqual([number, number]);
    expect(number).not.toBe(other);

    expect((await stack.refresh()).changed).toEqual([]);
    const clean = await stack.preview({ expectNoChanges: true });
    expect(clean.changed).toEqual([]);
  });
});

import { AgentToken, ClusterAgent } from "pulumi-gitlab-agent";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { withStack } from "../support/engine";

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());
beforeEach(() => simulator.reset());

const env = () => ({ GITLAB_BASE_URL: simulator.url, GITLAB_TOKEN: simulator.tokens["maintainer"] ?? "" });

/** A program with agents `agent-0`, `agent-1`, … in one project. */
const agents = (count: number) => async () => {
  for (let i = 0; i < count; i++) new ClusterAgent(`agent-${i}`, { project: "group/app" });
};

/** The requests since the last call and their counts: method and path below the project, with `N` for ids. */
function requestCounts(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { method, path, query } of simulator.requests) {
    const project = path.replace(/^\/api\/v4\/projects\/[^/]+/, "project");
    const place = project.replace("project/cluster_agents", "agents").replace(/\d+/g, "N");
    const kind = `${method} ${place}${query.includes("page=") ? " list" : ""}`;
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  simulator.requests.length = 0;
  return counts;
}

test("120 agents take one request each on up and destroy, none in a preview without changes, two to refresh", async () => {
  const count = 120;
  await withStack({ program: agents(count), env: env() }, async (stack) => {
    await stack.up();
    expect(requestCounts()).toEqual({ "POST agents": count });
    // Connections are kept open: 120 requests use at most as many as there are requests at once, 8 by default.
    expect(simulator.concurrency.peak).toBeLessThanOrEqual(8);
    expect(simulator.connections.total).toBeLessThanOrEqual(8);

    await stack.preview({ expectNoChanges: true });
    expect(requestCounts()).toEqual({});

    expect((await stack.refresh({ expectNoChanges: true })).changed).toEqual([]);
    expect(requestCounts()).toEqual({ "GET agents list": 2 });

    // Each operation reads anew, also the single process of `up --refresh`: it finds what was deleted by hand and creates it again.
    const missing = 40;
    for (let i = 0; i < missing; i++) simulator.state.deleteAgent(simulator.state.agent(`agent-${i}`).id);
    const repaired = await stack.up({ refresh: true });
    expect(repaired.ops("agent-7")).toContain("create");
    // The stack itself counts as one.
    expect(repaired.changes.same).toBe(count - missing + 1);
    // Each missing agent is confirmed by its own GET before it counts as gone, and the project is requested once.
    const { "GET agents list": lists, ...others } = requestCounts();
    expect(lists).toBe(1);
    expect(others).toEqual({
      "GET agents/N": missing,
      "GET project": 1,
      "POST agents": missing,
    });

    await stack.destroy();
    expect(requestCounts()).toEqual({ "DELETE agents/N": count });
    expect(simulator.state.agents).toEqual([]);
  });
});

test("destroy of agents that were all deleted by hand with their tokens: one request each, and two for all together", async () => {
  const count = 20;
  const program = async () => {
    for (let i = 0; i < count; i++) {
      const { project, agentId } = new ClusterAgent(`agent-${i}`, { project: "group/app" });
      new AgentToken(`token-${i}`, { project, agentId });
    }
  };
  await withStack({ program, env: env() }, async (stack) => {
    await stack.up();
    for (const { id } of simulator.state.agents) simulator.state.deleteAgent(id);
    requestCounts();
    const destroyed = await stack.destroy();
    // The stack itself counts as one.
    expect(destroyed.changes.delete).toBe(2 * count + 1);
    const { "DELETE agents/N": agentDeletes, "DELETE agents/N/tokens/N": tokenDeletes, ...others } = requestCounts();
    expect([agentDeletes, tokenDeletes]).toEqual([count, count]);
    expect(others).toEqual({ "GET agents list": 1, "GET project": 1 });
  });
});

test("no more than maxConcurrency requests run at once, on as many connections", async () => {
  const config = { "gitlab:maxConcurrency": "2" };
  await withStack({ program: agents(12), config, env: env() }, async (stack) => {
    // Slow enough to show the engine's own parallelism.
    simulator.state.settings.latency = 100;
    await stack.up({ parallel: 12 });
    expect(simulator.concurrency.peak).toBe(2);
    expect(simulator.connections.total).toBe(2);
    expect(requestCounts()).toEqual({ "POST agents": 12 });
  });
});

test("the two tokens of an agent share one list; an error of a list appears only in its own reads", async () => {
  const program = async () => {
    for (const [name, project] of [
      ["a", "group/app"],
      ["b", "group/app"],
      ["c", "group/subgroup/infra"],
      ["d", "group/subgroup/infra"],
    ] as const) {
      const { agentId } = new ClusterAgent(name, { project });
      for (const colour of name === "a" ? ["blue", "green"] : []) new AgentToken(colour, { project, agentId });
    }
  };
  await withStack({ program, env: env() }, async (stack) => {
    await stack.up();
    requestCounts();
    await stack.refresh({ expectNoChanges: true, parallel: 16 });
    const { "GET agents/N/tokens list": tokenLists, ...ofAgents } = requestCounts();
    expect(tokenLists).toBe(1);
    // Two agents of a project share a list, unless one of the four reads comes too late.
    const requests = Object.values(ofAgents).reduce((sum, count) => sum + count, 0);
    expect([2, 3]).toContain(requests);

    simulator.faults.add({
      kind: "status",
      status: 422,
      method: "GET",
      // On a busy machine, two reads may come too far apart to share a list; then each gets the fault itself.
      path: /^\/projects\/group%2Fapp\/cluster_agents(\/\d+)?$/,
      times: Infinity,
    });
    const ids = ["a", "b", "c", "d"].map((name) => simulator.state.agent(name).id);
    const { output } = await stack.refresh({ expectFailure: true, parallel: 16 });
    const failed = ids.filter((id) => output.includes(`Could not read agent ${id} of project`));
    expect(failed).toEqual(ids.slice(0, 2));
    // No agent counts as gone: the next refresh finds all unchanged.
    simulator.faults.clear();
    await stack.refresh({ expectNoChanges: true });
    expect(simulator.state.agents).toHaveLength(4);
  });
});

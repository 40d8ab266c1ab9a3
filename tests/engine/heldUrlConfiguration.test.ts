import { ReceptiveUrlConfig } from "pulumi-gitlab-agent";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { withStack } from "../support/engine";

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());

test("a URL configuration that is there is never taken for a new resource's: two that swap agents, one that is renamed", async () => {
  const { state } = simulator;
  const [one, two] = ["one", "two"].map((name) => state.createAgent(101, name).id) as [number, number];
  const at = (agents: Record<string, number>, deleteBeforeReplace?: boolean) => () => {
    for (const [name, agentId] of Object.entries(agents)) {
      const options = deleteBeforeReplace === undefined ? {} : { deleteBeforeReplace };
      new ReceptiveUrlConfig(name, { project: 101, agentId, url: `grpc://${name}.example.com:80` }, options);
    }
    return Promise.resolve({});
  };
  const there = () => Object.fromEntries(state.urlConfigurations.map(({ agentId, url }) => [url.slice(7, 8), agentId]));
  const posts = () => simulator.requests.filter(({ method }) => method === "POST").length;
  const config = {
    "gitlab:baseUrl": simulator.url,
    "gitlab:token": { value: simulator.tokens["maintainer"] ?? "", secret: true },
  };
  await withStack({ program: at({ a: one, b: two }), config }, async (stack) => {
    await stack.up();
    const before = structuredClone(state.urlConfigurations);
    simulator.requests.length = 0;

    stack.program = at({ a: two, b: one });
    const swapped = await stack.up({ expectFailure: true, continueOnError: true });
    for (const { id, agentId } of before) {
      expect(swapped.output).toMatch(
        new RegExp(
          `Agent ${agentId} has URL configuration ${id} .* A resource of this stack has it.*until it succeeds`,
        ),
      );
    }

    // A new name without an alias: the old resource is still to be deleted, and nothing may be lost with it.
    simulator.faults.add({ kind: "dropBefore", method: "POST", path: "/**/url_configurations" });
    stack.program = at({ c: one, b: two });
    const renamed = await stack.up({ expectFailure: true });
    expect(renamed.output).toMatch(/URL configuration already exists for this agent, so nothing was sent/);
    expect(state.urlConfigurations).toEqual(before);
    expect(posts()).toBe(0);
    simulator.faults.clear();

    stack.program = at({ a: two, b: one }, true);
    for (let tries = 1; there()["a"] !== two || there()["b"] !== one; tries++) {
      expect(tries).toBeLessThan(4);
      await stack.up({ continueOnError: true }).catch(() => undefined);
    }
    await stack.preview({ expectNoChanges: true });
  });
});

import { ReceptiveUrlConfig } from "pulumi-gitlab-agent";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { withStack } from "../support/engine";

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());

test("an existing URL configuration never becomes a new resource's: exchanged, renamed, or of another stack", async () => {
  const { state } = simulator;
  const [one, two, three] = ["one", "two", "three"].map((name) => state.createAgent(101, name).id) as [
    number,
    number,
    number,
  ];
  const theirs = state.setUrlConfiguration(three, { url: "grpc://theirs.example.com:80" });
  const at = (agents: Record<string, number>, deleteBeforeReplace?: boolean) => () => {
    for (const [name, agentId] of Object.entries(agents)) {
      const options = deleteBeforeReplace === undefined ? {} : { deleteBeforeReplace };
      const url = `grpc://${name.replace("-renamed", "")}.example.com:80`;
      new ReceptiveUrlConfig(name, { project: 101, agentId, url }, options);
    }
    return Promise.resolve({});
  };
  const placeOf = () =>
    Object.fromEntries(state.urlConfigurations.map(({ agentId, url }) => [url.slice(7, 8), agentId]));
  const posts = () => simulator.requests.filter(({ method }) => method === "POST").length;
  const config = {
    "gitlab:baseUrl": simulator.url,
    "gitlab:token": { value: simulator.tokens["maintainer"] ?? "", secret: true },
  };
  await withStack({ program: at({ a: one, b: two }), config, limit: 240 }, async (stack) => {
    await stack.up();
    const before = structuredClone(state.urlConfigurations);
    simulator.requests.length = 0;

    stack.program = at({ a: two, b: one });
    // The delay lets the engine pass both resources to the provider first; otherwise the first error could not name the second
    // resource.
    simulator.faults.add({ kind: "delayBefore", method: "GET", path: "/**/url_configurations", delay: 6000, times: 2 });
    const swapped = await stack.up({ expectFailure: true, continueOnError: true });
    for (const { id, agentId } of before.filter((each) => each.id !== theirs.id)) {
      expect(swapped.output).toMatch(
        new RegExp(
          `Agent ${agentId} has URL configuration ${id} .* A resource of this stack has it.*until it succeeds`,
        ),
      );
    }

    // A new name without an alias, and another stack's equal configuration. A POST would be lost, so a success would show a
    // mistake. The update is targeted, since --continue-on-error alone would also delete resources that are no longer declared.
    simulator.faults.add({ kind: "dropBefore", method: "POST", path: "/**/url_configurations", times: Infinity });
    stack.program = at({ "a-renamed": one, b: two, theirs: three });
    const target = ["a-renamed", "theirs"].map(
      (name) => `urn:pulumi:dev::test::pulumi-nodejs:dynamic/gitlab:ReceptiveUrlConfig::${name}`,
    );
    const renamed = await stack.up({ target, expectFailure: true, continueOnError: true });
    for (const { id, agentId } of [...before.filter((each) => each.agentId === one), theirs]) {
      expect(renamed.output).toMatch(
        new RegExp(
          `URL configuration already exists for this agent, so nothing was sent. Agent ${agentId} has URL configuration ${id} .*aliases.*import: "101:${agentId}:${id}"`,
        ),
      );
    }
    expect(state.urlConfigurations).toEqual(before);
    expect(posts()).toBe(0);
    simulator.faults.clear();

    stack.program = at({ a: two, b: one }, true);
    for (let tries = 1; placeOf()["a"] !== two || placeOf()["b"] !== one; tries++) {
      expect(tries).toBeLessThan(4);
      await stack.up({ continueOnError: true }).catch(() => undefined);
    }
    await stack.preview({ expectNoChanges: true });
    await stack.destroy();
    expect(state.urlConfigurations).toEqual([theirs]);
  });
});

import { declareNatively } from "../support/door";

declareNatively();

/*
 * Tables of the dynamic resources on the real engine, with programs that declare the native plugin's resources: the plugin runs as it
 * was built, in processes of the engine's. The rest of the tables runs through the plugin without an engine (lifecycles.test.ts).
 */
describe.each(["replacement", "faults", "presence", "leak", "errors"])("%s, through the native plugin", (table) => {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- declares its tests here, a second time
  require(`../engine/${table}.test`);
});

test("chaos, through the native plugin: 20 agents with two tokens each, 30 % of all requests faulty", async () => {
  const { chaos } = await import("../support/chaos");
  const { faults, requests } = await chaos({ seed: 1, agents: 20 });
  expect(faults / requests).toBeGreaterThan(0.15);
});

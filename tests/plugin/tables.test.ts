import { attaching } from "../support/bothDoors";
import { declareNatively } from "../support/door";

declareNatively();

/**
 * Runs tables of the dynamic resources on the real engine with programs that declare the native plugin's resources. The engine
 * starts the built plugin, or attaches itself to a plugin of this process where a table says so. lifecycles.test.ts runs the other
 * tables through the plugin without an engine.
 */
describe.each(["replacement", "faults", "presence", "leak", "errors"])("%s, through the native plugin", (table) => {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- declares the file's tests here a second time
  require(`../engine/${table}.test`);
});

const attach = attaching();
test("chaos, through the native plugin: 20 agents with two tokens each, 30 % of all requests faulty", async () => {
  const { chaos } = await import("../support/chaos");
  const { faults, requests } = await chaos({ seed: 1, agents: 20, attach });
  expect(faults / requests).toBeGreaterThan(0.15);
});

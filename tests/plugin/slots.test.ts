import { callThrough } from "../provider/doors";
import { servePlugin, type ServedPlugin } from "../support/plugin";

let plugin: ServedPlugin;
beforeAll(async () => {
  plugin = await servePlugin();
  callThrough(plugin);
});
afterAll(() => plugin.close());

// As lifecycles.test.ts; in a process of its own, which has learnt of no token yet.
describe("slots, through the native plugin", () => {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- declares its tests here, a second time
  require("../provider/slots.test");
});

import { callThrough } from "../provider/doors";
import { servePlugin, type ServedPlugin } from "../support/plugin";

let plugin: ServedPlugin;
beforeAll(async () => {
  plugin = await servePlugin();
  callThrough(plugin);
});
afterAll(() => plugin.close());

// Like lifecycles.test.ts, but in a new process, which has learnt of no token yet.
describe("slots, through the native plugin", () => {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- declares the file's tests here a second time
  require("../provider/slots.test");
});

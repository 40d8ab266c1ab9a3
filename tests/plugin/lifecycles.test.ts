import { callThrough } from "../provider/doors";
import { servePlugin, type ServedPlugin } from "../support/plugin";

/**
 * Runs the tables of the dynamic resources through the native plugin: each call uses the engine's protocol to the plugin, which
 * this process serves. The tables that are missing here test the `import` option of the dynamic resources (importComparison,
 * importedKey, missingImports, heldObjects), which the plugin does not have, or code that both share.
 */
const TABLES = [
  ...["check", "diff", "presence", "resources", "agentConnection", "earlyVersion", "agentProjects", "argumentEntries"],
];

let plugin: ServedPlugin;
beforeAll(async () => {
  plugin = await servePlugin();
  callThrough(plugin);
});
afterAll(() => plugin.close());

describe.each(TABLES)("%s, through the native plugin", (table) => {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- declares the file's tests here a second time
  require(`../provider/${table}.test`);
});

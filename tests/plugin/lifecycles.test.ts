import { callThrough } from "../provider/doors";
import { servePlugin, type ServedPlugin } from "../support/plugin";

/*
 * The tables of the dynamic resources, through the native plugin: each call goes over the engine's wire to the plugin, which this
 * process serves. What is left out takes over objects by the option `import` of the dynamic resources (importComparison,
 * importedKey, missingImports, heldObjects), which the plugin has not, or calls what both doors share below the lifecycles.
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
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- declares its tests here, a second time
  require(`../provider/${table}.test`);
});

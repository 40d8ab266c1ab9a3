// Lists the tools that the repository's commands use: which are found, which are missing, and what each is for. Installs and changes
// nothing. With --json: the same as JSON. The exit code is always 0, since most commands need only a few tools.
import { main } from "./setup/say.mjs";
import { findTools } from "./setup/tools.mjs";

await main(async () => {
  const tools = await findTools();
  if (process.argv.includes("--json")) {
    console.log(JSON.stringify(tools));
    return 0;
  }
  for (const { name, found, missing, purpose, install } of tools) {
    console.log(`${found ? "ok     " : "missing"}  ${name}: ${found ?? missing}`);
    console.log(`         for: ${purpose}`);
    if (missing) console.log(`         to get it: ${install}`);
  }
  const missing = tools.filter((tool) => tool.missing);
  console.log(
    `\n${tools.length - missing.length} of ${tools.length} are there${missing.length === 0 ? "" : `; missing: ${missing.map(({ name }) => name).join(", ")}`}`,
  );
  return 0;
});

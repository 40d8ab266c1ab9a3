// Writes provider/doors/plugin/schema.json from the SDK's types and doc comments (make schema). A test fails when it is stale.
//   --check  writes nothing, and fails where the file would change
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Application } from "typedoc";
import { repository } from "./setup/cache.mjs";
import { main, SetupError } from "./setup/say.mjs";
import { Reflections } from "./schema/reflections.mjs";
import { packageSchema } from "./schema/schema.mjs";

const file = path.join(repository, "provider/doors/plugin/schema.json");

await main(async () => {
  const schema = `${JSON.stringify(packageSchema(new Reflections(await reflected())), undefined, 2)}\n`;
  if (!process.argv.includes("--check")) writeFileSync(file, schema);
  else if (readFileSync(file, "utf8") !== schema) {
    throw new SetupError("schema.json is stale: run `make schema`, and commit what it wrote");
  }
});

/** TypeDoc's JSON output for the package's entries. */
async function reflected() {
  const folder = mkdtempSync(path.join(tmpdir(), "pulumi-gitlab-agent-schema-"));
  try {
    const application = await Application.bootstrap({
      options: path.join(repository, "typedoc.json"),
      skipErrorChecking: true,
      logLevel: "Error",
    });
    const project = await application.convert();
    if (project === undefined) throw new SetupError("TypeDoc cannot read the SDK");
    const json = path.join(folder, "api.json");
    await application.generateJson(project, json);
    return JSON.parse(readFileSync(json, "utf8"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

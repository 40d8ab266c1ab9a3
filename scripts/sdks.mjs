// Writes the native plugin's SDKs from provider/doors/plugin/schema.json by Pulumi's own generators: Python, Go, Node.js and .NET by
// the generators of the Go registry, Java by Pulumi's Java host where it is on PATH, since no registry serves its generator.
//   node scripts/sdks.mjs [folder] [schema]    default: sdks/, which is not committed; a release's schema names a download address
import { mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { repository } from "./setup/cache.mjs";
import { environment } from "./setup/environment.mjs";
import { providePulumi } from "./setup/pulumi.mjs";
import { run, tail } from "./setup/run.mjs";
import { main, SetupError } from "./setup/say.mjs";
import { provideGenerators } from "./setup/sdks.mjs";

const folder = path.resolve(process.argv[2] ?? path.join(repository, "sdks"));
const schema = path.resolve(process.argv[3] ?? path.join(repository, "provider/doors/plugin/schema.json"));

await main(async () => {
  const { sdks, dotnet } = await provideGenerators();
  await write(["python", "go", "nodejs"], sdks, (languages) => [schema, folder, ...languages]);
  await write(["dotnet"], dotnet, () => [schema, folder]);
  await writeJava();
  return 0;
});

async function write(languages, generator, args) {
  if (generator.missing)
    throw new SetupError(`the SDKs for ${languages.join(", ")} are not written. ${generator.missing}`);
  mkdirSync(folder, { recursive: true });
  // Files that the schema no longer needs are removed, too.
  for (const language of languages) rmSync(path.join(folder, language), { recursive: true, force: true });
  await succeed(generator.path, args(languages), languages);
}

async function writeJava() {
  const host = await run("sh", ["-c", "command -v pulumi-language-java"], { limit: 30 });
  if (host.code !== 0) {
    console.log("java: not written, since Pulumi's Java host (pulumi-language-java) is not on PATH");
    return;
  }
  const args = ["package", "gen-sdk", schema, "--language", "java", "--out", folder];
  await succeed("pulumi", args, ["java"], environment(await providePulumi()));
}

async function succeed(command, args, languages, env) {
  const { code, output } = await run(command, args, { limit: 600, env });
  const named = languages.join(", ");
  if (code !== 0)
    throw new SetupError(`the SDKs for ${named} are not written. The generator ended with:\n${tail(output)}`);
  for (const language of languages) console.log(`${language}: ${path.join(folder, language)}`);
}

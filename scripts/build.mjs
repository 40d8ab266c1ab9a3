// Compiles the package into dist/, and takes out of it what no source stands for any more.
import { existsSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { ofThisCheckout, repository, withLock } from "./setup/cache.mjs";
import { run } from "./setup/run.mjs";
import { main } from "./setup/say.mjs";

/** Compiles what changed. Answers tsc's exit code, after printing what it said on standard error. */
export async function buildPackage() {
  return withLock(ofThisCheckout("build"), async () => {
    removeOrphans();
    const { code, output } = await run(
      process.execPath,
      ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"],
      {
        limit: 300,
        cwd: repository,
      },
    );
    process.stderr.write(output);
    return code;
  });
}

function removeOrphans() {
  const dist = path.join(repository, "dist");
  if (!existsSync(dist)) return;
  for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
    const file = path.relative(dist, path.join(entry.parentPath, entry.name));
    const source = file.replace(/\.(d\.ts|js)$/, ".ts");
    if (entry.isFile() && source !== file && !existsSync(path.join(repository, source))) rmSync(path.join(dist, file));
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main(buildPackage);

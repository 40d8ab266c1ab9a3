// Compiles the package into dist/, and removes files from it whose source no longer exists.
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { ofThisCheckout, repository, withLock } from "./setup/cache.mjs";
import { buildPlugin } from "./plugin.mjs";
import { isFresh, markBuilt } from "./setup/freshness.mjs";
import { run } from "./setup/run.mjs";
import { main } from "./setup/say.mjs";

/** Compiles what changed. Returns tsc's exit code, after printing its output on standard error. */
export async function buildPackage() {
  return withLock(ofThisCheckout("build"), async () => {
    if (isFresh()) return 0;
    const began = Date.now();
    removeOrphans();
    const { code, output } = await run(
      process.execPath,
      ["node_modules/typescript-7/bin/tsc", "-p", "tsconfig.build.json"],
      {
        // Later builds compile only what changed, in a second or two, and print nothing.
        what: existsSync(path.join(repository, "dist")) ? undefined : "compiling the package into dist/",
        limit: 300,
        cwd: repository,
        progress: () => "",
      },
    );
    process.stderr.write(output);
    makeCommandsRunnable();
    await buildPlugin();
    markBuilt(code === 0, began);
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

// npm does the same when it installs the package; a checkout runs what was just built.
function makeCommandsRunnable() {
  const { bin } = JSON.parse(readFileSync(path.join(repository, "package.json"), "utf8"));
  for (const file of Object.values(bin)) {
    if (existsSync(path.join(repository, file))) chmodSync(path.join(repository, file), 0o755);
  }
}

// `npm run build`, and `npm pack` before it packs.
if (import.meta.url === pathToFileURL(process.argv[1]).href) await main(buildPackage);

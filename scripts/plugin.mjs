// Bundles the native plugin into one executable file, dist/plugin/pulumi-resource-gitlab-agent, which needs Node.js alone.
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { repository } from "./setup/cache.mjs";

const folder = path.join(repository, "dist/plugin");
const name = "pulumi-resource-gitlab-agent";

/** Writes the plugin, and the command file that Windows starts instead. */
export async function buildPlugin() {
  const { build } = await import("esbuild");
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, name);
  await build({
    absWorkingDir: repository,
    entryPoints: ["provider/doors/plugin/main.ts"],
    outfile: file,
    bundle: true,
    platform: "node",
    target: "node22",
    format: "cjs",
    minify: true,
    // Error names are part of what users see.
    keepNames: true,
    legalComments: "none",
    banner: { js: "#!/usr/bin/env node" },
    logLevel: "error",
  });
  chmodSync(file, 0o755);
  writeFileSync(`${file}.cmd`, `@node "%~dp0${name}" %*\r\n`);
}

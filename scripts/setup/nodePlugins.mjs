import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { repository } from "./cache.mjs";

/**
 * Writes the parts that a CLI built from Go modules lacks into `folder`: the dynamic-provider plugin, a script that ships in
 * @pulumi/pulumi, and our language host (scripts/languageHost), bundled into one file without dependencies. A file
 * whose content has not changed is kept; otherwise it is replaced in one step, so that a running engine keeps the old one.
 */
export async function placeNodePlugins(folder) {
  mkdirSync(folder, { recursive: true });
  const dynamic = readFileSync(path.join(repository, "node_modules/@pulumi/pulumi/pulumi-resource-pulumi-nodejs"));
  place(path.join(folder, "pulumi-resource-pulumi-nodejs"), dynamic);
  place(path.join(folder, "pulumi-language-nodejs"), await bundle());
}

async function bundle() {
  const { build } = await import("esbuild");
  const { outputFiles } = await build({
    absWorkingDir: repository,
    entryPoints: ["scripts/languageHost/main.ts"],
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    minifySyntax: true,
    banner: { js: "#!/usr/bin/env node" },
    write: false,
    logLevel: "error",
  });
  return Buffer.from(outputFiles[0].contents);
}

function place(file, content) {
  if (existsSync(file) && readFileSync(file).equals(content)) return;
  const staged = `${file}.new-${process.pid}`;
  writeFileSync(staged, content);
  chmodSync(staged, 0o755);
  renameSync(staged, file);
}

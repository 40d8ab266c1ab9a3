import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { repository } from "./cache.mjs";

/**
 * Does what the script of this name in @pulumi/pulumi does: it runs the dynamic provider of the project's SDK. That script starts
 * Node.js twice, once to find the SDK and once to run it, for each provider of each operation.
 */
const DYNAMIC_PROVIDER = `#!/usr/bin/env node
const { createRequire } = require("node:module");
const path = require("node:path");
createRequire(path.join(process.cwd(), "program"))("@pulumi/pulumi/cmd/dynamic-provider");
`;

/**
 * Writes the parts that a CLI built from Go modules lacks into `folder`: the dynamic-provider plugin, and our language host
 * (scripts/languageHost), bundled into one file without dependencies. A file whose content has not changed is kept; otherwise it
 * is replaced in one step, so that a running engine keeps the old one.
 */
export async function placeNodePlugins(folder) {
  mkdirSync(folder, { recursive: true });
  place(path.join(folder, "pulumi-resource-pulumi-nodejs"), Buffer.from(DYNAMIC_PROVIDER));
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

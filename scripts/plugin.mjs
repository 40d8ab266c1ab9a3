// Bundles the native plugin into one executable file, dist/plugin/pulumi-resource-gitlab-agent, which needs Node.js alone.
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { repository } from "./setup/cache.mjs";

/** Where the package has its plugin. */
const FOLDER = path.join(repository, "dist/plugin");

const name = "pulumi-resource-gitlab-agent";

/**
 * Writes the plugin, and the command file that Windows starts instead.
 *
 * @param {string} [folder] where to
 * @param {string} [pluginDownloadURL] where this version is downloaded from, which its schema tells and generated SDKs repeat; only a
 *   release knows it
 */
export async function buildPlugin(folder = FOLDER, pluginDownloadURL = undefined) {
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
    plugins: [schemaWith({ pluginDownloadURL })],
  });
  chmodSync(file, 0o755);
  writeFileSync(`${file}.cmd`, `@node "%~dp0${name}" %*\r\n`);
}

/** Bundles the schema with members that are not in its file. */
function schemaWith(members) {
  return {
    name: "schema",
    setup(build) {
      build.onLoad({ filter: /doors[\\/]plugin[\\/]schema\.json$/ }, ({ path: file }) => ({
        contents: JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), ...members }),
        loader: "json",
      }));
    },
  };
}

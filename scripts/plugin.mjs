// Bundles the native plugin into one executable file, dist/plugin/pulumi-resource-gitlab-agent, which needs only Node.js, and the
// component into dist/plugin/component.cjs, which the plugin starts when a program declares one.
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { repository } from "./setup/cache.mjs";

/** The folder of the plugin in the package. */
const FOLDER = path.join(repository, "dist/plugin");

const name = "pulumi-resource-gitlab-agent";

const options = {
  absWorkingDir: repository,
  bundle: true,
  platform: "node",
  target: "node22",
  format: "cjs",
  minify: true,
  // Error names are part of what users see.
  keepNames: true,
  legalComments: "none",
  logLevel: "error",
};

/**
 * Writes the plugin, the command file that Windows starts instead, and the component.
 *
 * @param {string} [folder] the folder to write to
 * @param {string} [pluginDownloadURL] the download address of this version, which the schema and generated SDKs contain; only a
 *   release has one
 */
export async function buildPlugin(folder = FOLDER, pluginDownloadURL = undefined) {
  const { build } = await import("esbuild");
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, name);
  const schema = schemaWith({ pluginDownloadURL });
  await Promise.all([
    build({
      ...options,
      entryPoints: ["provider/doors/plugin/main.ts"],
      outfile: file,
      banner: { js: "#!/usr/bin/env node" },
      plugins: [schema],
    }),
    build({
      ...options,
      entryPoints: ["sdk/native/main.ts"],
      outfile: path.join(folder, "component.cjs"),
      plugins: [schema, withoutUnused],
    }),
  ]);
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

/** Of Pulumi's Kubernetes SDK, the component needs three classes: the index of a module would bring all of its kinds. */
const KUBERNETES = {
  "@pulumi/kubernetes/core/v1": ["core/v1/namespace", "core/v1/secret"],
  "@pulumi/kubernetes/helm/v3": ["helm/v3/release"],
};

/** What Pulumi's SDK loads at its start for programs that run others, or that serialize functions: the component does neither. */
const UNUSED = /^(source-map-support|\.\/automation|\.\.?\/(runtime\/)?closure\/.*)$/;

/** Leaves out of the component's bundle what it does not use: nine tenths of both SDKs. */
const withoutUnused = {
  name: "without unused",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^@pulumi\/kubernetes\// }, ({ path: module }) =>
      module in KUBERNETES ? { path: module, namespace: "kubernetes" } : undefined,
    );
    onLoad({ filter: /./, namespace: "kubernetes" }, ({ path: module }) => ({
      contents: KUBERNETES[module].map((file) => `export * from "@pulumi/kubernetes/${file}";`).join("\n"),
      resolveDir: repository,
    }));
    onResolve({ filter: UNUSED }, ({ path: module, importer }) =>
      /node_modules.@pulumi.pulumi/.test(importer) ? { path: module, namespace: "unused" } : undefined,
    );
    // The SDK's provider calls the first of them, which prints stacks by the source's lines.
    onLoad({ filter: /./, namespace: "unused" }, () => ({ contents: "exports.install = () => undefined;" }));
  },
};

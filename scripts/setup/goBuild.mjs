import { cpSync, mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { moveIntoPlace, repository } from "./cache.mjs";
import { provideGo } from "./go.mjs";
import { placeNodePlugins } from "./nodePlugins.mjs";
import { run, tail } from "./run.mjs";
import { readWordListsAtFirstUse } from "./wordLists.mjs";

const module = "github.com/pulumi/pulumi";

/**
 * Builds the CLI from Go modules (scripts/pulumi-cli/go.mod) into `place`, with the Node.js plugins in the same folder. Returns
 * undefined, or the reason why that failed.
 */
export async function buildPulumi(version, place) {
  const go = await provideGo({ bring: true });
  if (go.missing) return `build from Go modules: ${go.missing}`;
  const folder = `${place}.new-${process.pid}`;
  const source = path.join(folder, "source");
  const plugins = path.join(folder, "plugins");
  mkdirSync(plugins, { recursive: true });
  try {
    cpSync(path.join(repository, "scripts/pulumi-cli"), source, { recursive: true });
    // -v names each compiled package, to show the progress of a build that takes minutes.
    const flags = `-s -w -X ${module}/sdk/v3/go/common/version.Version=${version}`;
    // A module cache that can be deleted like any folder.
    const env = { ...process.env, GOWORK: "off", GOFLAGS: `${process.env.GOFLAGS ?? ""} -modcacherw`.trim() };
    await readWordListsAtFirstUse(source, env);
    const { code, output, timedOut } = await run(
      "go",
      ["build", "-v", "-o", path.join(plugins, "pulumi"), "-ldflags", flags, `${module}/pkg/v3/cmd/pulumi`],
      {
        what: `building the Pulumi CLI ${version} with ${go.version} (about five minutes, once)`,
        limit: 3600,
        cwd: source,
        env,
        progress,
      },
    );
    if (timedOut) return "build from Go modules: not done after an hour, given up";
    if (code !== 0) return `build from Go modules: go build failed:\n${tail(output, 5)}`;
    await placeNodePlugins(plugins);
    moveIntoPlace(plugins, place);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function progress(output) {
  const lines = output.trimEnd().split("\n").filter(Boolean);
  const fetched = lines.filter((line) => line.startsWith("go: downloading")).length;
  return `${fetched} modules fetched, ${lines.length - fetched} packages compiled`;
}

import { accessSync, constants, existsSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { cache, repository, withLock } from "./cache.mjs";
import { downloadPulumi } from "./download.mjs";
import { buildPulumi } from "./goBuild.mjs";
import { placeNodePlugins } from "./nodePlugins.mjs";
import { run } from "./run.mjs";
import { say, SetupError } from "./say.mjs";

/** The oldest supported CLI: its import files may contain inputs and outputs. */
const oldest = [3, 254, 0];

/** The version that set-up downloads or builds, and that the tests are written for: the one that go.mod names. */
export const pulumiVersion = /pulumi\/pkg\/v3 v(\S+)/.exec(
  readFileSync(path.join(repository, "scripts/pulumi-cli/go.mod"), "utf8"),
)[1];

const downloaded = path.join(cache, `pulumi-${pulumiVersion}`);
const built = path.join(cache, `pulumi-${pulumiVersion}-go`);

/**
 * Finds, downloads or builds the Pulumi CLI. Returns the folders to put on PATH: `before` the existing ones, for our CLI, or
 * `after` them, for a CLI on PATH that lacks a Node.js language host.
 *
 * @returns {Promise<{ before: string[], after: string[] }>}
 */
export async function providePulumi() {
  const onPath = await findOnPath();
  if (onPath.usable) return { before: [], after: await hostFor(onPath.usable) };
  if (existsSync(path.join(downloaded, "bin/pulumi"))) return { before: [path.join(downloaded, "bin")], after: [] };
  if (existsSync(path.join(built, "pulumi"))) return ours();

  return withLock(`pulumi-${pulumiVersion}`, async () => {
    if (existsSync(path.join(downloaded, "bin/pulumi"))) return { before: [path.join(downloaded, "bin")], after: [] };
    if (existsSync(path.join(built, "pulumi"))) return ours();
    const tried = [onPath.reason];
    say(`the Pulumi CLI: ${onPath.reason}`);
    for (const attempt of [() => downloadPulumi(pulumiVersion, downloaded), () => buildPulumi(pulumiVersion, built)]) {
      const failure = await attempt();
      if (failure === undefined) break;
      say(`the Pulumi CLI: ${failure}`);
      tried.push(failure);
    }
    if (existsSync(path.join(downloaded, "bin/pulumi"))) return { before: [path.join(downloaded, "bin")], after: [] };
    if (existsSync(path.join(built, "pulumi"))) return ours();
    throw new SetupError(
      `there is no Pulumi CLI, and none could be had. Tried:\n${tried.map((why, at) => `  ${at + 1}. ${why}`).join("\n")}\n` +
        `Install the Pulumi CLI ${oldest.join(".")} or newer (https://www.pulumi.com/docs/install/) so that it is on ` +
        `PATH, or Go (https://go.dev/dl/) so that it can be built here; then run this again.`,
    );
  });
}

async function ours() {
  await placeNodePlugins(built);
  return { before: [built], after: [] };
}

// A CLI built from source has no language host, like ours. It is not changed: our host comes after it on PATH, so that an official
// host comes first.
async function hostFor(cli) {
  const has = (name) => existsSync(path.join(path.dirname(cli), name)) || onPathAll(name).length > 0;
  if (has("pulumi-language-nodejs") && has("pulumi-resource-pulumi-nodejs")) return [];
  const folder = path.join(cache, "node-plugins");
  await placeNodePlugins(folder);
  return [folder];
}

/**
 * Finds the Pulumi CLI that set-up would use, and installs none.
 *
 * @returns {Promise<{ usable?: string, version?: string, reason?: string }>}
 */
export async function findPulumi() {
  const onPath = await findOnPath();
  if (onPath.usable) return onPath;
  const brought = [path.join(downloaded, "bin/pulumi"), path.join(built, "pulumi")].find((file) => existsSync(file));
  return brought ? { usable: brought, version: pulumiVersion } : onPath;
}

async function findOnPath() {
  const reasons = [];
  for (const file of onPathAll("pulumi")) {
    const { code, stdout } = await run(file, ["version"], {
      limit: 20,
      env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" },
    });
    const version = /^v?(\d+)\.(\d+)\.(\d+)/m.exec(stdout)?.slice(1).map(Number);
    if (code === 0 && version && atLeast(version, oldest)) return { usable: file, version: version.join(".") };
    const is = version
      ? `is ${version.join(".")}, and ${oldest.join(".")} or newer is needed`
      : "does not tell its version";
    reasons.push(`${file} ${is}`);
  }
  return { reason: reasons.length > 0 ? `on PATH: ${reasons.join("; ")}` : "on PATH: there is none" };
}

// A CLI in our cache is found and checked there, not on PATH.
function onPathAll(name) {
  return (process.env.PATH ?? "")
    .split(path.delimiter)
    .filter((folder) => path.isAbsolute(folder) && !folder.startsWith(cache + path.sep))
    .map((folder) => path.join(folder, name))
    .filter((file) => {
      try {
        accessSync(file, constants.X_OK);
        return statSync(file).isFile();
      } catch {
        return false;
      }
    });
}

function atLeast(version, floor) {
  for (let at = 0; at < 3; at++) if (version[at] !== floor[at]) return version[at] > floor[at];
  return true;
}

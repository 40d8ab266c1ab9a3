import { createHash } from "node:crypto";
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { create } from "tar";
import { repository } from "../setup/cache.mjs";

/** The systems that the Pulumi CLI requests, by Go's names. The plugin runs with Node.js, so its files are the same for all. */
const SYSTEMS = ["linux", "darwin", "windows"].flatMap((os) => ["amd64", "arm64"].map((arch) => `${os}-${arch}`));

/** The file with the checksums, in the form that `sha256sum --check` reads. */
export const CHECKSUMS = "SHA256SUMS";

/**
 * Packs the built plugin into `out`, under the names that the Pulumi CLI requests from a download address. The same files give the
 * same bytes, so that a release can be built again and compared.
 *
 * @param {{ version: string, plugin: string, out: string }} options `plugin` is the folder of the built plugin
 * @returns {Promise<string[]>} the names of the files written
 */
export async function packPlugin({ version, plugin, out }) {
  const staged = mkdtempSync(path.join(tmpdir(), "pulumi-gitlab-agent-release-"));
  try {
    cpSync(plugin, staged, { recursive: true });
    copyFileSync(path.join(repository, "LICENSE"), path.join(staged, "LICENSE"));
    mkdirSync(out, { recursive: true });
    const names = SYSTEMS.map((system) => `pulumi-resource-gitlab-agent-v${version}-${system}.tar.gz`);
    const [first, ...others] = names;
    await create(
      {
        cwd: staged,
        file: path.join(out, first),
        gzip: { level: 9 },
        // Without owners and times of this machine.
        portable: true,
        mtime: new Date(0),
        onWriteEntry: (entry) => (entry.stat.mode = entry.stat.isDirectory() || runs(entry.path) ? 0o755 : 0o644),
      },
      readdirSync(staged).sort(),
    );
    for (const name of others) copyFileSync(path.join(out, first), path.join(out, name));
    return names;
  } finally {
    rmSync(staged, { recursive: true, force: true });
  }
}

/** Writes the checksums of files of `out`. */
export function writeChecksums(out, names) {
  const sums = names.map((name) => `${sha256(path.join(out, name))}  ${name}\n`);
  writeFileSync(path.join(out, CHECKSUMS), sums.join(""));
}

/** Whether the engine starts a file of the plugin. */
function runs(file) {
  return path.basename(file).startsWith("pulumi-resource-");
}

function sha256(file) {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}

// Checks whether this version can be released, packs the plugin for download, and publishes the npm package with provenance (make
// release). With --dry-run: everything but publishing, and open problems are listed instead of ending the run. CONTRIBUTING.md
// describes the steps.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { extract } from "tar";
import { buildPackage } from "./build.mjs";
import { buildPlugin } from "./plugin.mjs";
import { CHECKSUMS, packPlugin, writeChecksums } from "./release/tarballs.mjs";
import { repository } from "./setup/cache.mjs";
import { installDependencies } from "./setup/dependencies.mjs";
import { main, SetupError } from "./setup/say.mjs";

const {
  dryRun = false,
  pluginDownloadUrl: pluginDownloadURL,
  out,
} = new Command("release")
  .description("Checks and publishes this version, and packs its plugin.")
  .option("--dry-run", "everything but publishing")
  .option(
    "--plugin-download-url <address>",
    "where the plugin's tarballs will be, for the schema and the SDKs",
    address,
  )
  .option("--out <folder>", "where the tarballs and their checksums are written", path.join(repository, "release"))
  .parse()
  .opts();

const read = (file) => readFileSync(path.join(repository, file), "utf8");
const git = (...args) => spawnSync("git", args, { cwd: repository, encoding: "utf8" });
const { name, version, repository: home } = JSON.parse(read("package.json"));

/** The conditions of a release, each with a check and a remedy. */
const GATES = [
  {
    what: "nothing is uncommitted",
    remedy: "commit or take back what `git status` shows",
    holds: () => git("status", "--porcelain").stdout === "",
  },
  {
    what: `the commit has the tag v${version}`,
    remedy: `git tag v${version}`,
    holds: () => git("tag", "--points-at", "HEAD").stdout.split("\n").includes(`v${version}`),
  },
  {
    what: `CHANGELOG.md has a dated section for ${version}, and nothing above it`,
    remedy: `rename [Unreleased] to [${version}] with the day's date`,
    holds: () => /^## \[.*$/m.exec(read("CHANGELOG.md"))?.[0].match(/^## \[(.+)\] - \d{4}-\d\d-\d\d$/)?.[1] === version,
  },
  {
    what: `there are state fixtures of ${version}, of the dynamic resources and of the plugin`,
    remedy: "make state-fixture, and commit what it wrote",
    holds: () =>
      ["", "native"].every((door) =>
        existsSync(path.join(repository, "tests/fixtures/state", version, door, "deployment.json")),
      ),
  },
  {
    what: "package.json names the repository that this checkout comes from, which provenance is about",
    remedy: `make \`repository\` in package.json that of \`git remote get-url origin\`; it is ${home.url}`,
    holds: () => place(git("remote", "get-url", "origin").stdout) === place(home.url),
  },
  {
    what: "it runs in a CI job that can prove itself (an OIDC token for sigstore)",
    remedy: "push the tag and let the release job of CONTRIBUTING.md run",
    holds: () => Boolean(process.env.SIGSTORE_ID_TOKEN || process.env.ACTIONS_ID_TOKEN_REQUEST_URL),
  },
];

await main(async () => {
  await installDependencies();
  if ((await buildPackage()) !== 0) throw new SetupError("the package does not compile; see above");

  const open = GATES.filter(({ holds }) => !holds());
  for (const gate of GATES) console.log(`${open.includes(gate) ? "not yet" : "     ok"}  ${gate.what}`);
  if (open.length > 0 && !dryRun) {
    throw new SetupError(
      `${name} ${version} cannot be released yet:\n${open.map(({ remedy }) => `  - ${remedy}`).join("\n")}`,
    );
  }
  publish(await pack(), open);
});

/**
 * Writes what a release offers for download: the npm package, the plugin for each system, its schema, and the checksums. Returns the
 * file of the npm package.
 */
async function pack() {
  const staged = mkdtempSync(path.join(tmpdir(), "pulumi-gitlab-agent-release-"));
  try {
    const plugin = path.join(staged, "plugin");
    await buildPlugin(plugin, pluginDownloadURL);
    const tarballs = await packPlugin({ version, plugin, out });
    const schema = { ...JSON.parse(read("provider/doors/plugin/schema.json")), pluginDownloadURL };
    writeFileSync(path.join(out, "schema.json"), `${JSON.stringify(schema, null, 2)}\n`);
    // The npm package contains the same plugin, with the same address.
    await extract({ file: path.join(staged, npmPack(repository, staged)), cwd: staged });
    cpSync(plugin, path.join(staged, "package/dist/plugin"), { recursive: true });
    const npmPackage = npmPack(path.join(staged, "package"), out);
    const written = [npmPackage, ...tarballs, "schema.json"];
    writeChecksums(out, written);
    console.log(`\nPacked in ${out}, to upload to one place (to check them: sha256sum --check ${CHECKSUMS}):`);
    for (const file of [...written, CHECKSUMS]) console.log(`  - ${file}`);
    const from = pluginDownloadURL ?? "none, since --plugin-download-url was not given";
    console.log(`The download address in the schema and in generated SDKs: ${from}.\n`);
    return path.join(out, npmPackage);
  } finally {
    rmSync(staged, { recursive: true, force: true });
  }
}

/** Packs a folder's npm package into another folder, and returns the file's name. */
function npmPack(folder, to) {
  const { status, stdout, stderr } = spawnSync(
    "npm",
    ["pack", "--ignore-scripts", "--json", "--pack-destination", to],
    {
      cwd: folder,
      encoding: "utf8",
    },
  );
  if (status !== 0) throw new SetupError(`npm pack failed: ${stderr.trim()}`);
  return JSON.parse(stdout)[0].filename;
}

/** Publishes the npm package, or shows what would be published and what is missing. */
function publish(npmPackage, open) {
  const command = ["publish", npmPackage, "--provenance", "--access", "public", "--ignore-scripts"];
  const { status } = spawnSync("npm", dryRun ? [...command, "--dry-run"] : command, {
    cwd: repository,
    stdio: "inherit",
  });
  if (status !== 0) throw new SetupError(`npm ${command.join(" ")} failed; see above`);
  if (!dryRun) return;
  console.log(`\nDry run: nothing was published. Before ${name} ${version} can be released:`);
  for (const { remedy } of open) console.log(`  - ${remedy}`);
  if (open.length === 0) console.log("  nothing: `make release` would publish it.");
}

/**
 * A download address that the Pulumi CLI knows. Not `gitlab://`: the CLI would send it GITLAB_TOKEN, which is the variable of this
 * package's own credential.
 */
function address(text) {
  if (/^(https|github):\/\/[^\s@]+$/.test(text)) return text;
  throw new InvalidArgumentError("It must begin with https:// or github:// and hold no credential.");
}

/** A repository's address without scheme, user and ending, so that two spellings can be compared. */
function place(url) {
  return url
    .trim()
    .replace(/^(git\+)?(https?|ssh|git):\/\//, "")
    .replace(/^[^@/]*@/, "")
    .replace(":", "/")
    .replace(/\.git$/, "");
}

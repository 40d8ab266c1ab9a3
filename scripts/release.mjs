// Checks whether this version can be released, and publishes it with provenance (make release). With --dry-run: everything
// but publishing, and open problems are listed instead of ending the run. CONTRIBUTING.md describes the steps.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { Command } from "commander";
import { buildPackage } from "./build.mjs";
import { repository } from "./setup/cache.mjs";
import { installDependencies } from "./setup/dependencies.mjs";
import { main, SetupError } from "./setup/say.mjs";

const { dryRun = false } = new Command("release")
  .description("Checks and publishes this version.")
  .option("--dry-run", "everything but publishing")
  .parse()
  .opts();

const read = (file) => readFileSync(path.join(repository, file), "utf8");
const git = (...args) => spawnSync("git", args, { cwd: repository, encoding: "utf8" });
const { name, version, repository: home } = JSON.parse(read("package.json"));

/** The conditions of a release, each with a remedy and a check. */
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
    what: `there is a state fixture of ${version}`,
    remedy: "make state-fixture, and commit what it wrote",
    holds: () => existsSync(path.join(repository, "tests/fixtures/state", version, "deployment.json")),
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
  const publish = ["publish", "--provenance", "--access", "public", "--ignore-scripts"];
  const { status } = spawnSync("npm", dryRun ? [...publish, "--dry-run"] : publish, {
    cwd: repository,
    stdio: "inherit",
  });
  if (status !== 0) throw new SetupError(`npm ${publish.join(" ")} failed; see above`);
  if (!dryRun) return;
  console.log(`\nDry run: nothing was published. Before ${name} ${version} can be released:`);
  for (const { remedy } of open) console.log(`  - ${remedy}`);
  if (open.length === 0) console.log("  nothing: `make release` would publish it.");
});

/** A repository's address without scheme, user and ending, so that two spellings can be compared. */
function place(url) {
  return url
    .trim()
    .replace(/^(git\+)?(https?|ssh|git):\/\//, "")
    .replace(/^[^@/]*@/, "")
    .replace(":", "/")
    .replace(/\.git$/, "");
}

import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { ofThisCheckout, repository, withLock } from "./cache.mjs";
import { provideNpm } from "./npm.mjs";
import { run } from "./run.mjs";
import { SetupError } from "./say.mjs";

/**
 * Installs the locked dependencies, unless node_modules has exactly these by npm's own record.
 *
 * @returns {Promise<string[]>} folders of a fetched npm, which are first on PATH from now on
 */
export async function installDependencies() {
  const folders = await provideNpm({ required: !installed() });
  if (!installed()) await install();
  return folders;
}

async function install() {
  await withLock(ofThisCheckout("dependencies"), async () => {
    if (installed()) return;
    // No install scripts: nothing here needs one, and @pulumi/kubernetes would fetch a plugin that only `up` may need.
    // Ends after seconds if the registry cannot be reached; npm by default tries for minutes.
    const patience = ["--fetch-retry-mintimeout", "1000", "--fetch-retry-maxtimeout", "5000"];
    const { code, output, timedOut } = await run(
      "npm",
      ["ci", "--ignore-scripts", "--no-fund", "--no-audit", ...patience],
      {
        what: "installing the dependencies of package-lock.json (npm ci)",
        limit: 900,
        cwd: repository,
        progress: () => "",
      },
    );
    if (code !== 0) {
      const why = timedOut ? "took more than 15 minutes" : `failed with exit code ${code}`;
      throw new SetupError(`npm ci ${why}; is the npm registry within reach? npm said:\n${complaint(output)}`);
    }
  });
}

// npm prints the error first, and long general help after it.
function complaint(output) {
  const lines = output.split("\n").filter((line) => line.startsWith("npm error"));
  return (lines.length > 0 ? lines : output.split("\n")).slice(0, 10).join("\n");
}

/** npm records what it installed in node_modules/.package-lock.json, so no file of our own is needed. */
function installed() {
  const read = (file) => JSON.parse(readFileSync(path.join(repository, file), "utf8")).packages;
  if (!existsSync(path.join(repository, "node_modules/.package-lock.json"))) return false;
  const locked = read("package-lock.json");
  const present = read("node_modules/.package-lock.json");
  return Object.entries(locked).every(([place, entry]) => {
    if (!place.startsWith("node_modules/") && !place.includes("/node_modules/")) return true;
    // Optional packages are those of other platforms.
    const found = present[place];
    return found ? found.version === entry.version : Boolean(entry.optional);
  });
}

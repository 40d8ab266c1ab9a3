import { existsSync, mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { cache, moveIntoPlace, withLock } from "./cache.mjs";
import { run, tail } from "./run.mjs";
import { SetupError } from "./say.mjs";

/** The oldest npm that accepts our lock file: 9.2.0, which Debian and Ubuntu ship, reports that it does not match package.json. */
const oldest = 10;

/** The npm that set-up fetches if the one on PATH is older. It runs on Node.js 20 and newer. */
const pinned = "10.9.9";

/**
 * Finds an npm that is new enough, or fetches one into the cache with the existing npm.
 *
 * Puts its folder first on this process's PATH, which its child processes inherit.
 *
 * @param {{ required: boolean }} options whether a missing npm is an error
 * @returns {Promise<string[]>} the folders that were put on PATH; none if the npm on PATH is new enough
 */
export async function provideNpm({ required }) {
  const folders = await findOrFetch(required);
  process.env.PATH = [...folders, process.env.PATH].join(path.delimiter);
  return folders;
}

async function findOrFetch(required) {
  const place = path.join(cache, `npm-${pinned}`);
  const folder = path.join(place, "node_modules/.bin");
  const found = await run("npm", ["--version"], { limit: 60 });
  const version = /^(\d+)\.\d+\.\d+/m.exec(found.stdout);
  if (found.code === 0 && version && Number(version[1]) >= oldest) return [];
  if (existsSync(path.join(folder, "npm"))) return [folder];
  if (found.code !== 0) {
    if (!required) return [];
    throw new SetupError(
      `npm ${oldest} or newer is needed, and there is none on PATH to bring one with. Install Node.js 22 with its npm, then run this again.`,
    );
  }
  return withLock(`npm-${pinned}`, async () => {
    if (existsSync(path.join(folder, "npm"))) return [folder];
    const staged = `${place}.new-${process.pid}`;
    mkdirSync(staged, { recursive: true });
    const flags = ["--no-save", "--no-fund", "--no-audit", "--ignore-scripts", "--fetch-retry-mintimeout", "1000"];
    try {
      const installed = await run("npm", ["install", "--prefix", staged, ...flags, `npm@${pinned}`], {
        what: `fetching npm ${pinned} (the npm on PATH is ${found.stdout.trim()}, and ${oldest} or newer is needed)`,
        limit: 300,
        cwd: staged,
        progress: () => "",
      });
      if (installed.code !== 0) {
        throw new SetupError(
          `npm ${pinned} could not be fetched; is the npm registry within reach? Install npm ${oldest} or newer, or give npm access to a registry, then run this again. npm said:\n${tail(installed.output)}`,
        );
      }
      moveIntoPlace(staged, place);
      return [folder];
    } finally {
      rmSync(staged, { recursive: true, force: true });
    }
  });
}

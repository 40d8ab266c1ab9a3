// Set-up, then lint, formatting, types and every test. The last line is always "N passed, N failed";
// a check counts as one test. Tests that need something the machine lacks are named, and counted in a third number,
// "N skipped"; in CI it counts as failed.
//   --checks  the checks alone, without the CLI
//   --quick   the tests that start no engine, without the checks and the CLI (tests/quick.jest.config.js)
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { buildPackage } from "./build.mjs";
import { repository } from "./setup/cache.mjs";
import { provideClients } from "./setup/clients.mjs";
import { installDependencies } from "./setup/dependencies.mjs";
import { environment } from "./setup/environment.mjs";
import { providePulumi } from "./setup/pulumi.mjs";
import { say, sayWhole, SetupError } from "./setup/say.mjs";

const checksAlone = process.argv.includes("--checks");
const quick = process.argv.includes("--quick");
// The remaining arguments go to jest: `make test ARGS=tests/provider` runs the tests of one folder.
/** Tables of hundreds of rows run under three clocks of GitLab's and two forms of certificates; `make quick` takes one of each. */
const quickly = [
  "--config",
  "tests/quick.jest.config.js",
  "-t",
  "^(?!.*(an hour (ahead|behind)|certificates as base64))",
];
const chosen = process.argv.slice(2).filter((argument) => argument !== "--checks" && argument !== "--quick");
const count = { passed: 0, failed: 0, skipped: 0 };
const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(0)} s`;

/** Runs one step, prints its time, and counts it as one test. Returns whether it passed. */
async function step(name, act) {
  const since = Date.now();
  console.log(`== ${name}`);
  let passed = false;
  try {
    passed = (await act()) === 0;
  } catch (error) {
    say(error instanceof SetupError ? error.message : error.stack);
  }
  count[passed ? "passed" : "failed"]++;
  console.log(`== ${name}: ${passed ? "passed" : "FAILED"} (${seconds(since)})\n`);
  return passed;
}

/** Runs a tool of node_modules; its output goes to `stdio`. Returns its exit code. */
function tool(script, args, { env = process.env, stdio = "inherit", onOutput } = {}) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [`node_modules/${script}`, ...args], { cwd: repository, env, stdio });
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", onOutput);
    child.on("error", () => resolve(127));
    child.on("close", (code) => resolve(code ?? 1));
  });
}

/**
 * The checks run one after another, while the tests run. A check's output is shown when it has ended, so that it does not
 * mix with the tests' output.
 */
async function checks() {
  const check = async (name, script, args) => {
    const since = Date.now();
    let output = "";
    const code = await tool(script, args, {
      stdio: ["ignore", "pipe", "pipe"],
      onOutput: (text) => (output += text),
    });
    count[code === 0 ? "passed" : "failed"]++;
    console.log(`${output}== ${name}: ${code === 0 ? "passed" : "FAILED"} (${seconds(since)})`);
  };
  await check("lint", "eslint/bin/eslint.js", ["."]);
  await check("formatting", "prettier/bin/prettier.cjs", ["--check", "--log-level", "warn", "."]);
  await check("types", "typescript/bin/tsc", ["-p", "tsconfig.json"]);
}

async function tests(folders) {
  const since = Date.now();
  console.log("== tests");
  const folder = mkdtempSync(path.join(tmpdir(), "pulumi-gitlab-agent-jest-"));
  const report = path.join(folder, "report.json");
  const code = await tool(
    "jest/bin/jest.js",
    ["--ci", "--json", `--outputFile=${report}`, ...(quick ? quickly : []), ...chosen],
    {
      env: environment(folders),
    },
  );
  try {
    const told = JSON.parse(readFileSync(report, "utf8"));
    count.passed += told.numPassedTests;
    // A file that does not load has no tests to count.
    count.failed += told.numFailedTests + told.numRuntimeErrorTestSuites;
    // Skipped or todo (the conformance tests of a missing client): their names say what they need.
    const unrun = told.testResults.flatMap(({ assertionResults }) =>
      assertionResults
        .filter(({ status }) => status === "pending" || status === "todo")
        .map(({ fullName }) => fullName),
    );
    if (quick && unrun.length > 0) console.log(`${unrun.length} more are left to \`make test\``);
    if (quick) unrun.length = 0;
    for (const name of unrun) console.log(`skipped: ${name}`);
    if (unrun.length > 0) console.log(process.env.CI ? "in CI, what is skipped has failed" : "`make doctor` says more");
    count[process.env.CI ? "failed" : "skipped"] += unrun.length;
    if (code !== 0 && told.success) count.failed++;
  } catch {
    console.log(`jest ended with exit code ${code} and without a report`);
    count.failed++;
  }
  rmSync(folder, { recursive: true, force: true });
  console.log(`== tests: ${seconds(since)}\n`);
}

let folders;
const ready = await step("set-up", async () => {
  await installDependencies();
  if (checksAlone) return 0;
  folders = quick ? { before: [], after: [] } : await providePulumi();
  // Here its progress is visible. The tests that need a client report it if it could not be installed.
  if (!quick) await provideClients();
  const failed = await buildPackage();
  sayWhole();
  return failed;
});
await Promise.all([(ready || folders) && !quick && checks(), folders && tests(folders)]);

process.exitCode = count.failed === 0 ? 0 : 1;
console.log(`${count.passed} passed, ${count.failed} failed${count.skipped > 0 ? `, ${count.skipped} skipped` : ""}`);

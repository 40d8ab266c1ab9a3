// Set-up, then lint, formatting, types and every test. The last line is always "N passed, N failed";
// a check counts as one test. Failures are named before it, one on each line. Tests that need something the machine lacks are named
// too, and counted in a third number, "N skipped"; in CI it counts as failed. A test file that failed is run again at the end,
// alone, unless only some tests were asked for (tests/jest.mjs).
//   --checks  only the checks, without the CLI
//   --quick   the tests that start no engine, without the checks and the CLI (tests/quick.jest.config.js)
//   --once    no file is run again
import { buildPackage } from "./build.mjs";
import { provideClients } from "./setup/clients.mjs";
import { installDependencies } from "./setup/dependencies.mjs";
import { environment } from "./setup/environment.mjs";
import { providePulumi } from "./setup/pulumi.mjs";
import { say, sayWhole, SetupError } from "./setup/say.mjs";
import { provideSdks } from "./setup/sdks.mjs";
import { failedAgain, runJest, titleOf, tool } from "./tests/jest.mjs";

const checksAlone = process.argv.includes("--checks");
const quick = process.argv.includes("--quick");
const once = process.argv.includes("--once");
// The remaining arguments go to jest: `make test ARGS=tests/provider` runs the tests of one folder.
/** Tables of hundreds of rows run under three clocks of GitLab's and two forms of certificates; `make quick` takes one of each. */
const quickly = [
  "--config",
  "tests/quick.jest.config.js",
  "-t",
  "^(?!.*(an hour (ahead|behind)|certificates as base64))",
];
const chosen = process.argv.slice(2).filter((argument) => !["--checks", "--quick", "--once"].includes(argument));
const count = { passed: 0, failed: 0, skipped: 0 };
const failures = [];
const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(0)} s`;

function countOne(name, passed) {
  count[passed ? "passed" : "failed"]++;
  if (!passed) failures.push(name);
}

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
  countOne(name, passed);
  console.log(`== ${name}: ${passed ? "passed" : "FAILED"} (${seconds(since)})\n`);
  return passed;
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
    countOne(name, code === 0);
    console.log(`${output}== ${name}: ${code === 0 ? "passed" : "FAILED"} (${seconds(since)})`);
  };
  await check("lint", "oxlint/bin/oxlint", []);
  await check("imports", "eslint/bin/eslint.js", ["."]);
  await check("formatting", "oxfmt/bin/oxfmt", ["--check"]);
  // TypeScript 7 is written in Go and takes a third of the time of 5.9, which ESLint, ts-jest and TypeDoc still need.
  await check("types", "typescript-7/bin/tsc", ["-p", "tsconfig.json"]);
}

/** Runs the tests. Returns a function to call after all other steps: it runs the failed files again, and counts. */
async function tests(folders) {
  const since = Date.now();
  console.log("== tests");
  // Both runs use one random seed, so that a failure of this seed occurs again.
  const env = { ...environment(folders), FRESH_SEED: String(Date.now() % 1_000_000) };
  const { outcomes, error } = await runJest([...(quick ? quickly : []), ...chosen], env);
  console.log(`== tests: ${seconds(since)}\n`);
  return async () => {
    if (error !== undefined) countOne(error, false);
    const last = quick || once || chosen.length > 0 ? outcomes : await failedAgain(outcomes, [], env);
    for (const outcome of last) {
      count.passed += outcome.passed;
      count.failed += outcome.failed.length;
      failures.push(...outcome.failed.map((name) => titleOf(outcome, name)));
    }
    countSkipped(last.flatMap(({ skipped }) => skipped));
  };
}

function countSkipped(names) {
  if (quick) {
    if (names.length > 0) console.log(`${names.length} more are left to \`make test\``);
    return;
  }
  for (const name of names) console.log(`skipped: ${name}`);
  if (names.length > 0) console.log(process.env.CI ? "in CI, what is skipped has failed" : "`make doctor` says more");
  count[process.env.CI ? "failed" : "skipped"] += names.length;
}

let folders;
const ready = await step("set-up", async () => {
  await installDependencies();
  if (checksAlone) return 0;
  folders = quick ? { before: [], after: [] } : await providePulumi();
  // Here its progress is visible. The tests that need a client report it if it could not be installed.
  if (!quick) {
    await provideClients();
    await provideSdks();
  }
  const failed = await buildPackage();
  sayWhole();
  return failed;
});
const [, finish] = await Promise.all([(ready || folders) && !quick && checks(), folders && tests(folders)]);
await finish?.();
for (const name of failures) console.log(`failed: ${name}`);

process.exitCode = count.failed === 0 ? 0 : 1;
console.log(`${count.passed} passed, ${count.failed} failed${count.skipped > 0 ? `, ${count.skipped} skipped` : ""}`);

// Runs jest for test.mjs, and reads its report.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { repository } from "../setup/cache.mjs";

/** If more files failed, a busy machine is not the reason, and none is run again. */
const MOST_AGAIN = 5;

/** Runs a tool of node_modules; its output goes to `stdio`. Returns its exit code. */
export function tool(script, args, { env = process.env, stdio = "inherit", onOutput } = {}) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [`node_modules/${script}`, ...args], { cwd: repository, env, stdio });
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", onOutput);
    child.on("error", () => resolve(127));
    child.on("close", (code) => resolve(code ?? 1));
  });
}

/** The result of one test file. */
function outcomeOf({ name, status, assertionResults }) {
  const names = (...wanted) =>
    assertionResults.filter((each) => wanted.includes(each.status)).map(({ fullName }) => fullName);
  const failed = names("failed");
  return {
    file: name,
    passed: names("passed").length,
    // A file that does not load has no tests to count.
    failed: status === "failed" && failed.length === 0 ? ["the file did not load"] : failed,
    // Skipped or todo (the conformance tests of a missing client): their names say what they need.
    skipped: names("pending", "todo"),
  };
}

/**
 * Runs jest.
 *
 * @returns one outcome for each test file, and an error if jest itself failed
 */
export async function runJest(args, env) {
  const folder = mkdtempSync(path.join(tmpdir(), "pulumi-gitlab-agent-jest-"));
  const report = path.join(folder, "report.json");
  try {
    const code = await tool("jest/bin/jest.js", ["--ci", "--json", `--outputFile=${report}`, ...args], { env });
    const { success, testResults } = JSON.parse(readFileSync(report, "utf8"));
    const error = code !== 0 && success ? `jest ended with exit code ${code}, although no test failed` : undefined;
    return { outcomes: testResults.map(outcomeOf), error };
  } catch (error) {
    return { outcomes: [], error: `jest ended without a report: ${error.message}` };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Runs each file that failed once more, alone, since requests of a test may meet a limit while others use both processors
 * (CONTRIBUTING.md). A file counts as passed only if all of it passes alone.
 *
 * @returns the outcomes, with the second one of each file that passed
 */
export async function failedAgain(outcomes, args, env) {
  const failed = outcomes.filter((outcome) => outcome.failed.length > 0);
  if (failed.length === 0) return outcomes;
  if (failed.length > MOST_AGAIN) {
    console.log(`${failed.length} test files failed: too many to run again alone`);
    return outcomes;
  }
  console.log(`== ${failed.length} test file${failed.length === 1 ? "" : "s"} again, alone`);
  const files = failed.map(({ file }) => file);
  const { outcomes: alone, error } = await runJest([...args, "--runInBand", "--runTestsByPath", ...files], env);
  if (error !== undefined) {
    console.log(error);
    return outcomes;
  }
  return outcomes.map((first) => {
    const second = alone.find(({ file }) => file === first.file);
    if (first.failed.length === 0 || second?.failed.length !== 0 || second.passed === 0) return first;
    for (const name of first.failed) console.log(`failed among the others, passed alone: ${titleOf(first, name)}`);
    return second;
  });
}

/** `<file> › <test>`, the file relative to the repository. */
export const titleOf = ({ file }, name) => `${path.relative(repository, file)} › ${name}`;

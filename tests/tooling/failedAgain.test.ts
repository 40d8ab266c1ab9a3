import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { repository } from "../support/repository";
import { cleanEnvironment, runCommand } from "../support/processes";

interface Outcome {
  file: string;
  passed: number;
  failed: string[];
}

// A separate jest project, whose tests fail as each case needs.
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "pulumi-gitlab-agent-again-"));
  writeFileSync(path.join(folder, "jest.config.json"), JSON.stringify({ transform: {} }));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const testFile = (name: string, text: string) => writeFileSync(path.join(folder, `${name}.test.js`), text);
/** Fails if no earlier run has left a file of that name. */
const failsOnce = (mark: string) =>
  `test("${mark}", () => { const fs = require("fs"); const file = ${JSON.stringify(folder)} + "/${mark}";
    if (!fs.existsSync(file)) { fs.writeFileSync(file, ""); throw new Error("busy"); } });`;

/** Runs all files of the project, then the failed ones again. Returns the output and the outcomes of both. */
async function run(): Promise<{ stdout: string; first: Outcome[]; last: Outcome[] }> {
  const args = JSON.stringify(["--config", path.join(folder, "jest.config.json")]);
  const script = `import { runJest, failedAgain } from "./scripts/tests/jest.mjs";
    const { outcomes } = await runJest(${args}, process.env);
    const last = await failedAgain(outcomes, ${args}, process.env);
    console.log("outcomes: " + JSON.stringify({ first: outcomes, last }));`;
  const env = cleanEnvironment({ PATH: process.env["PATH"] });
  const { stdout } = await runCommand("node", ["--input-type=module", "-e", script], { cwd: repository, env });
  const [printed = "", outcomes = "{}"] = stdout.split("outcomes: ");
  return { stdout: printed, ...(JSON.parse(outcomes) as { first: Outcome[]; last: Outcome[] }) };
}

const named = (outcomes: Outcome[], name: string) =>
  outcomes.find(({ file }) => file.endsWith(`/${name}.test.js`)) ?? { passed: -1, failed: [] };

test("a file counts as passed if all of it passes alone; a real failure and a file that does not load stay failures", async () => {
  testFile("busy", `${failsOnce("one")}\n${failsOnce("two")}\ntest("three", () => {});`);
  testFile("wrong", `${failsOnce("four")}\ntest("five", () => { throw new Error("always"); });`);
  testFile("broken", "syntax error");
  testFile("right", `test("six", () => {});`);
  const { stdout, first, last } = await run();
  expect(named(first, "busy")).toMatchObject({ passed: 1, failed: ["one", "two"] });
  expect(named(last, "busy")).toMatchObject({ passed: 3, failed: [] });
  expect(named(last, "wrong")).toMatchObject({ passed: 0, failed: ["four", "five"] });
  expect(named(last, "broken")).toMatchObject({ passed: 0, failed: ["the file did not load"] });
  expect(named(last, "right")).toMatchObject({ passed: 1, failed: [] });
  expect(stdout).toContain("== 3 test files again, alone");
  const lines = stdout.split("\n").filter((line) => line.startsWith("failed among the others, passed alone: "));
  expect(lines.map((line) => line.replace(/^.*\//, ""))).toEqual(["busy.test.js › one", "busy.test.js › two"]);
});

test("if many files failed, none is run again", async () => {
  for (let at = 0; at < 6; at++) testFile(`file-${at}`, failsOnce(`mark-${at}`));
  const { stdout, first, last } = await run();
  expect(stdout).toContain("6 test files failed: too many to run again alone");
  expect(last).toEqual(first);
});

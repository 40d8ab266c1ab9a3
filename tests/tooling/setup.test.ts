import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { repository } from "../support/repository";
import { cleanEnvironment, runCommand, type CommandResult } from "../support/processes";
import { testWith } from "../support/tools";

// Runs the real scripts, each time with the test's own PATH and cache, and with the Node.js that set-up found, which may differ
// from jest's.
const node = execFileSync("sh", ["-c", "command -v node"], { encoding: "utf8" }).trim();
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "pulumi-gitlab-agent-setup-"));
  const folders = ["cache/pulumi-gitlab-agent", "bin", "home", "node"];
  for (const name of folders) mkdirSync(path.join(folder, name), { recursive: true });
  symlinkSync(node, path.join(folder, "node/node"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Puts a shell script as a command on the test's PATH. */
function command(name: string, script: string): string {
  const file = path.join(folder, "bin", name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

async function sh(script: string, extra: NodeJS.ProcessEnv = {}): Promise<CommandResult> {
  return runCommand("sh", ["-c", script], {
    cwd: repository,
    env: cleanEnvironment({
      HOME: path.join(folder, "home"),
      XDG_CACHE_HOME: path.join(folder, "cache"),
      PATH: [path.join(folder, "bin"), path.join(folder, "node"), "/usr/bin", "/bin"].join(":"),
      PULUMI_GITLAB_AGENT_DOWNLOAD: "off",
      ...extra,
    }),
  });
}

const env = "sh scripts/with-node.sh node scripts/setup.mjs --env";

describe("the Pulumi CLI", () => {
  test("on PATH and new enough is used, with its own language host", async () => {
    command("pulumi", "echo v3.300.1");
    command("pulumi-language-nodejs", "");
    command("pulumi-resource-pulumi-nodejs", "");
    const { code, stdout } = await sh(env);
    expect([code, stdout]).toEqual([0, `export PATH="$PATH"\n`]);
    expect(readdirSync(path.join(folder, "bin")).sort()).toEqual([
      "pulumi",
      "pulumi-language-nodejs",
      "pulumi-resource-pulumi-nodejs",
    ]);
  });

  test("on PATH without a language host gets ours behind it, and its folder is not changed", async () => {
    command("pulumi", "echo v3.254.0");
    const { stdout } = await sh(`eval "$(${env})" && command -v pulumi; command -v pulumi-language-nodejs`);
    const plugins = path.join(folder, "cache/pulumi-gitlab-agent/node-plugins");
    expect(stdout.trim().split("\n")).toEqual([
      path.join(folder, "bin/pulumi"),
      path.join(plugins, "pulumi-language-nodejs"),
    ]);
    expect(readdirSync(path.join(folder, "bin"))).toEqual(["pulumi"]);
  });

  test("on PATH and too old is ignored, and the one in the cache is used", async () => {
    command("pulumi", "echo v3.253.9");
    const version = /pkg\/v3 v(\S+)/.exec((await sh("cat scripts/pulumi-cli/go.mod")).stdout)![1]!;
    const cached = path.join(folder, "cache/pulumi-gitlab-agent", `pulumi-${version}`, "bin");
    mkdirSync(cached, { recursive: true });
    writeFileSync(path.join(cached, "pulumi"), "");
    expect((await sh(env)).stdout).toBe(`export PATH='${cached}':"$PATH"\n`);
  });

  test("that cannot be provided is one clear error that says what was tried and what to install", async () => {
    command("pulumi", "echo v3.100.0");
    const { code, stdout, stderr } = await sh(env);
    expect(code).toBe(1);
    expect(stdout).toBe("");
    const explanation = stderr.slice(stderr.indexOf("there is no Pulumi CLI"));
    expect(explanation).toMatch(/1\. on PATH: .*pulumi is 3\.100\.0, and 3\.254\.0 or newer is needed/);
    expect(explanation).toMatch(/2\. download: switched off by PULUMI_GITLAB_AGENT_DOWNLOAD/);
    expect(explanation).toMatch(/3\. build from Go modules: Go is needed: there is no `go` on PATH/);
    expect(explanation).toMatch(/Install the Pulumi CLI 3\.254\.0 or newer .* or Go/);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test("whose build fails leaves nothing in the cache, and the failure is reported", async () => {
    command("go", `[ "$1" = version ] && { echo go version go1.99.0; exit; }; echo "no such module" >&2; exit 1`);
    const { code, stderr } = await sh(env);
    expect(code).toBe(1);
    expect(stderr).toMatch(/building the Pulumi CLI .* with go version go1\.99\.0/);
    expect(stderr).toMatch(/go build failed:\s+no such module/);
    expect(readdirSync(path.join(folder, "cache/pulumi-gitlab-agent"))).toEqual(["locks"]);
    expect(readdirSync(path.join(folder, "cache/pulumi-gitlab-agent/locks"))).toEqual([]);
  });

  test("is built once when two set-ups run at once", async () => {
    const log = path.join(folder, "builds");
    const build = `while [ "$1" != -o ]; do shift; done; echo built >>'${log}'; sleep 1; printf '#!/bin/sh\\necho v3.259.0\\n' >"$2"; chmod +x "$2"`;
    command("go", `[ "$1" = version ] && { echo go version go1.99.0; exit; }; ${build}`);
    const both = await Promise.all([sh(env), sh(env)]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(both[0].stdout).toBe(both[1].stdout);
    expect((await sh(`cat '${log}'`)).stdout).toBe("built\n");
    const folderOfBuild = /'(.*)'/.exec(both[0].stdout)![1]!;
    expect(readdirSync(folderOfBuild).sort()).toEqual([
      "pulumi",
      "pulumi-language-nodejs",
      "pulumi-resource-pulumi-nodejs",
    ]);
  });

  test("a lock whose process has ended is taken over", async () => {
    const lock = path.join(folder, "cache/pulumi-gitlab-agent/locks");
    const version = /pkg\/v3 v(\S+)/.exec((await sh("cat scripts/pulumi-cli/go.mod")).stdout)![1]!;
    mkdirSync(path.join(lock, `pulumi-${version}`), { recursive: true });
    const dead = (await sh("echo $$")).stdout;
    writeFileSync(path.join(lock, `pulumi-${version}`, "pid"), dead);
    const { stderr } = await sh(env);
    expect(stderr).toContain("there is no Pulumi CLI");
    expect(existsSync(path.join(lock, `pulumi-${version}`))).toBe(false);
  });
});

describe("Node.js", () => {
  test("on PATH is used if it is new enough, otherwise the one in the cache", async () => {
    const cached = path.join(folder, "cache/pulumi-gitlab-agent/node-22/bin");
    mkdirSync(cached, { recursive: true });
    symlinkSync(node, path.join(cached, "node"));
    command("node", `[ "$1" = -p ] && echo 20 || echo old`);
    const old = await sh("sh scripts/with-node.sh sh -c 'command -v node'");
    expect([old.code, old.stdout, old.stderr]).toEqual([0, `${path.join(cached, "node")}\n`, ""]);
    // The one in the cache trusts the system's certificate authorities, unless a user does not want that. Set-up may have told this
    // process the same.
    const trust = async (given?: string) =>
      (await sh("sh scripts/with-node.sh sh -c 'echo \"$NODE_USE_SYSTEM_CA\"'", { NODE_USE_SYSTEM_CA: given })).stdout;
    expect([await trust(), await trust("0")]).toEqual(["1\n", "0\n"]);
    command("node", `[ "$1" = -p ] && echo 24 || echo new`);
    expect((await sh("sh scripts/with-node.sh node -v")).stdout).toBe("new\n");
    expect(await trust()).toBe("\n");
  });

  test("that npm cannot fetch is one clear error with npm's message", async () => {
    command("node", `[ "$1" = -p ] && echo 20 || echo v20.0.0`);
    command("npm", "echo 'npm error no registry today'; exit 1");
    const { code, stderr } = await sh("sh scripts/with-node.sh node -v");
    expect(code).toBe(1);
    expect(stderr).toContain("Node.js on PATH is v20.0.0; fetching Node.js 22 with npm");
    expect(stderr).toContain("npm error no registry today");
    expect(stderr).toContain("Install Node.js 22 or newer");
    expect(readdirSync(path.join(folder, "cache/pulumi-gitlab-agent"))).toEqual(["locks"]);
  });
});

describe("npm", () => {
  const provideNpm = `node --input-type=module -e 'import { provideNpm } from "./scripts/setup/npm.mjs"; await provideNpm({ required: true }); console.log(process.env.PATH.split(":")[0])'`;
  const fetched = `[ "$1" = --version ] && { echo 9.2.0; exit; }; echo "$*" >>"$HOME/log"; mkdir -p "$3/node_modules/.bin" && : >"$3/node_modules/.bin/npm"`;

  test.each(["10.0.0", "11.19.1"])("%s on PATH is used", async (version) => {
    command("npm", `echo ${version}`);
    expect((await sh(provideNpm)).stdout).toBe(`${path.join(folder, "bin")}\n`);
  });

  test("older than 10, as in Debian and Ubuntu, fetches a pinned version into the cache, once", async () => {
    command("npm", fetched);
    const { stdout, stderr } = await sh(`${provideNpm} && ${provideNpm}`);
    const place = /^(\S+)\n\1\n$/.exec(stdout)?.[1];
    expect(place).toMatch(/cache\/pulumi-gitlab-agent\/npm-10\.\d+\.\d+\/node_modules\/\.bin$/);
    expect(stderr).toMatch(/fetching npm 10\.\S+ \(the npm on PATH is 9\.2\.0, and 10 or newer is needed\)/);
    expect(stderr).toMatch(/fetching npm 10\.\S+: took \d+ s/);
    expect((await sh('cat "$HOME/log"')).stdout).toMatch(/^install --prefix \S+ .* npm@10\.\d+\.\d+\n$/);
  });

  test("that is missing, or whose fetch fails, is one clear error", async () => {
    command("npm", "exit 127");
    expect((await sh(provideNpm)).stderr).toMatch(/npm 10 or newer is needed.*Install Node\.js 22 with its npm/);
    command("npm", `[ "$1" = --version ] && { echo 9.2.0; exit; }; echo npm error no registry today; exit 1`);
    const { code, stderr } = await sh(provideNpm);
    expect(code).toBe(1);
    expect(stderr).toMatch(/npm 10\.\S+ could not be fetched.*\n.*npm error no registry today/);
  });
});

describe("make", () => {
  testWith("make")("alone prints its targets", async () => {
    const { stdout } = await sh("make");
    for (const target of ["setup", "build", "check", "test", "demo", "simulator", "clean", "env"]) {
      expect(stdout).toMatch(new RegExp(`^ +${target} +\\S`, "m"));
    }
  });

  testWith("make")("-s env prints shell lines and nothing else", async () => {
    command("pulumi", "echo v3.300.1");
    const { stdout } = await sh("make -s env");
    expect(stdout).toMatch(/^(export \w+=.*\n)+$/);
  });

  const ci = `cd / && '${path.join(repository, ".ci/run")}'`;
  test(".ci/run only runs make test, with CI=true, so that a skipped test fails", async () => {
    command("make", `echo "$PWD: make $* CI=$CI"`);
    command("chromium-headless-shell", "exit 1");
    expect((await sh(ci)).stdout).toBe(`${repository}: make test CI=true\n`);
  });

  test.each([
    ["installs a Chromium first where there is none", "nothing", "chromium-headless-shell", ""],
    ["installs the whole browser where the system has no shell", "*-shell", "chromium", ""],
    ["runs make test all the same where that fails", "*chromium*", "chromium", "Chromium could not be installed\n"],
  ])(".ci/run %s", async (_, lacking, last, failed) => {
    command("make", `echo "make $*"`);
    command("apt-get", `echo "apt-get $*" >>'${folder}/log'; case "$*" in ${lacking}) exit 1 ;; esac`);
    for (const name of ["sh", "dirname", "id"]) {
      symlinkSync(
        execFileSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim(),
        `${folder}/bin/${name}`,
      );
    }
    command("sudo", 'exec "$@"');
    const { stdout } = await sh(ci, { PATH: path.join(folder, "bin") });
    expect(stdout).toMatch(/^installing Chromium.*\n/);
    expect(stdout).toContain(`site\n${failed}make test\n`);
    const log = readFileSync(path.join(folder, "log"), "utf8");
    expect(log).toMatch(new RegExp(`^apt-get update .*\\n(.*\\n)?apt-get install .* ${last}\\n$`));
  });
});

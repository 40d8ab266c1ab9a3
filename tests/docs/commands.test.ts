import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { repository } from "../support/repository";
import { cleanEnvironment, runCommand } from "../support/processes";
import { withProject } from "../support/project";
import { testWith } from "../support/tools";
import { blocksOf, pages } from "./pages";

// Each command that a page shows is run: here, or by the test named here, which contains these words.
const WHOLE_PAGES: Record<string, string> = {
  "docs/recovery.md": "tests/engine/killed.test.ts",
  "docs/testing.md": "tests/docs/testing.test.ts",
  "docs/moving.md": "tests/docs/moving.test.ts",
};
const ELSEWHERE: [command: RegExp, test: string, words: string][] = [
  [/^pulumi up$/, "tests/examples/readme.test.ts", '["up"'],
  [/^npx pulumi-gitlab-agent plugin install$/, "tests/plugin/quickstart.test.ts", 'plugin("install")'],
  [
    /^pulumi plugin install resource gitlab-agent v\S+ --file \S+\.tar\.gz$/,
    "tests/plugin/release.test.ts",
    '"--file"',
  ],
  [/^pulumi plugin install resource gitlab-agent v\S+ --server https:/, "tests/plugin/release.test.ts", '"--server"'],
  [/^pulumi stack init dev$/, "tests/support/newStack.ts", '"stack", "init"'],
  [/^pulumi do gitlab-agent:ClusterAgent list --project /, "tests/plugin/engine.test.ts", '"--project", "group/app"'],
  [/^pulumi import gitlab-agent:index:ClusterAgent /, "tests/plugin/engine.test.ts", '["import", "--file"'],
  [/^npm install pulumi-gitlab-agent$/, "tests/engine/packed.test.ts", '"install"'],
  [/^pulumi package add gitlab-agent@\d\S+$/, "tests/plugin/release.test.ts", '"package", "add"'],
  [/^npm install \S+\.tgz$/, "tests/engine/packed.test.ts", '"install"'],
  [/^PULUMI_GITLAB_AGENT_DEBUG=1 pulumi up$/, "tests/engine/network.test.ts", "PULUMI_GITLAB_AGENT_DEBUG"],
  [/^pulumi (refresh|destroy) --run-program$/, "tests/engine/killed.test.ts", "WHOLE PAGE"],
  [/^pulumi preview$/, "tests/support/project.ts", '["preview"]'],
  [/^pulumi import --file import\.json /, "tests/engine/adopt.test.ts", '"import"'],
  [/^npx pulumi-gitlab-agent adopt .*--language yaml/, "tests/plugin/adopted.test.ts", '"--language", "yaml"'],
  [/^npx pulumi-gitlab-agent adopt /, "tests/engine/packed.test.ts", '"adopt", "--project"'],
  [/^export (GITLAB_TOKEN|HTTPS_PROXY|NO_PROXY)=/, "tests/engine/network.test.ts", "PROXY"],
  [/^make build && npm pack$/, "tests/support/project.ts", "--pack-destination"],
  [/^(mkdir \S+ && cd \S+|pulumi new \S+)$/, "tests/engine/packageManagers.test.ts", '"new"'],
  [/^npm install \S+\.tgz @pulumi\/(pulumi|kubernetes)$/, "tests/engine/packed.test.ts", '"install"'],
  [/^pulumi stack output agentToken --show-secrets$/, "tests/examples/readme.test.ts", "--show-secrets"],
  [
    /^npx pulumi-gitlab-agent simulator --port 8080 --token /,
    "tests/examples/readme.test.ts",
    "pulumi-gitlab-agent simulator",
  ],
  [/^make (demo)$/, "tests/tooling/demo.test.ts", '"demo"'],
  [/^make (test|check)$/, ".ci/run", "make test"],
  [/^(make|npm run) (doctor|quick)$/, "tests/tooling/tools.test.ts", '"doctor", "check", "quick"'],
  [/^npm (run demo|test)$/, "tests/tooling/tools.test.ts", '"test", "demo"'],
  [/^eval "\$\(make -s env\)"$/, "tests/support/globalSetup.ts", "setup.mjs --env"],
  [/^make model( TABLE=\w+)?( (SEEDS?|STEPS?)=\d+)*$/, "Makefile", "scripts/test.mjs tests/model/"],
  [/^npx jest tests\/provider$/, ".ci/run", "make test"],
  [/^npm run format$/, "scripts/test.mjs", "oxfmt"],
  // It takes minutes to hours; a test below renders its results.
  [/^make bench( ARGS=.*)?$/, "tests/docs/commands.test.ts", "scripts/bench.mjs"],
];

const lines = pages()
  .filter((page) => !(page in WHOLE_PAGES))
  .flatMap((page) =>
    blocksOf(page)
      .filter(({ language }) => language === "sh")
      .flatMap(({ text }) => text.split("\n"))
      .map((line) => ({ page, command: line.replace(/\s+#.*$/, "").trim() }))
      .filter(({ command }) => command !== "" && !command.startsWith("#")),
  );
const HERE = /^(pulumi config set |make$)/;

test("every command of every page is run by a test", () => {
  expect(lines.length).toBeGreaterThan(30);
  const unrun = lines
    .filter(({ command }) => !HERE.test(command) && !ELSEWHERE.some(([pattern]) => pattern.test(command)))
    .map(({ page, command }) => `${page}: ${command}`);
  expect(unrun).toEqual([]);
  const words = ELSEWHERE.filter(([, , text]) => text !== "WHOLE PAGE").filter(
    ([, test, text]) => !readFileSync(path.join(repository, test), "utf8").includes(text),
  );
  expect(words).toEqual([]);
  // Each row must match a command of some page.
  const idle = ELSEWHERE.filter(([pattern]) => !lines.some(({ command }) => pattern.test(command)));
  expect(idle.map(([pattern]) => String(pattern))).toEqual([]);
});

test("`pulumi config set` accepts every setting as the pages write it, and masks the secret ones", async () => {
  const files = { "Pulumi.yaml": "name: configuration\nruntime: nodejs\n" };
  await withProject({ files, link: false }, async (project) => {
    const commands = new Set(
      lines.map(({ command }) => command).filter((command) => command.startsWith("pulumi config")),
    );
    expect(commands.size).toBeGreaterThan(8);
    // One shell runs all commands, since the pages use its quoting.
    const script = [...commands].map((command) => `${command} <<< 'a-canary-credential'`).join("\n");
    const set = await project.run("bash", ["-c", `set -e\n${script}`], { env: { PULUMI_STACK: "dev" } });
    expect([set.code, set.output]).toEqual([0, expect.any(String)]);
    const { stdout } = await project.pulumi(["config"]);
    expect(stdout).toMatch(/^gitlab:token +\[secret\]$/m);
    expect(stdout).toMatch(/^gitlab:headers +\[secret\]$/m);
    expect(stdout).toMatch(/^gitlab:maxConcurrency +4$/m);
    expect(stdout).not.toContain("canary");
    for (const key of [
      "caCertFile",
      "clientCertFile",
      "clientKeyFile",
      "insecure",
      "requestTimeout",
      "operationTimeout",
    ]) {
      expect(stdout).toContain(`gitlab:${key}`);
    }
  });
});

testWith("make")("make alone lists every target", async () => {
  const { code, stdout } = await runCommand("make", ["-s"], { cwd: repository, env: cleanEnvironment() });
  const targets = [...readFileSync(path.join(repository, "Makefile"), "utf8").matchAll(/^([a-z-]+):.*## /gm)];
  expect([code, targets.filter(([, name]) => !stdout.includes(`  ${name} `))]).toEqual([0, []]);
});

test("the benchmark's table and charts are rendered from its results", async () => {
  const out = mkdtempSync(path.join(tmpdir(), "pulumi-gitlab-agent-benchmarks-"));
  try {
    const committed = path.join(repository, "docs/benchmarks");
    mkdirSync(out, { recursive: true });
    cpSync(path.join(committed, "results.json"), path.join(out, "results.json"));
    const args = ["scripts/bench.mjs", "--render", "--out", out];
    const { code, output } = await runCommand(process.execPath, args, { cwd: repository, env: cleanEnvironment() });
    expect([code, output]).toEqual([0, expect.any(String)]);
    for (const file of ["results.md", "requests.svg", "state.svg", "time-by-resources.svg", "rate-limited.svg"]) {
      const drawn = readFileSync(path.join(out, file), "utf8");
      expect([file, drawn === readFileSync(path.join(committed, file), "utf8")]).toEqual([file, true]);
    }
    // The pages show the measured results.
    const plain = (text: string) => text.replace(/[ -]+/g, " ");
    const results = readFileSync(path.join(committed, "results.md"), "utf8");
    const headline = /^## In short\n\n((?:\|.*\n)+)/m.exec(results)?.[1] ?? "missing";
    const page = readFileSync(path.join(repository, "docs/benchmarks/README.md"), "utf8");
    expect(plain(page)).toContain(plain(headline));
    const native = /^## The native plugin in short\n\n((?:\|.*\n)+)/m.exec(results)?.[1] ?? "missing";
    expect(plain(page)).toContain(plain(native));
    // The plugin is no slower than the dynamic resources in any operation, nor at its start, and needs no more memory. A tenth is noise.
    const ratios = [...native.matchAll(/^\| (.+?) *\|.*\| *([\d.]+) \|$/gm)].filter(
      ([, row]) => !/state/.test(row ?? ""),
    );
    expect(ratios.map(([, row]) => row)).toHaveLength(11);
    expect(ratios.filter(([, , ratio]) => Number(ratio) > 1.1).map(([, row]) => row)).toEqual([]);
    // So does the sentence in the README.
    const cells = (row: string) =>
      new RegExp(`^\\| ${row} *\\|(.*)\\|$`, "m").exec(headline)?.[1]?.split(/ *\| */) ?? [];
    const [refresh = "missing"] = cells("requests of a refresh").map((cell) => cell.trim());
    const ratio = cells("`up`, seconds")[3] ?? "missing";
    const readme = readFileSync(path.join(repository, "README.md"), "utf8");
    expect(readme).toMatch(
      new RegExp(
        `A refresh of 1000 agents takes ${refresh} requests, an update ${ratio} of a plain dynamic provider's time`,
      ),
    );
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
});

test("the picture of the README fits light and dark pages, and has a title and a description", () => {
  const picture = readFileSync(path.join(repository, "docs/picture.svg"), "utf8");
  expect(picture).toMatch(/<svg [^>]*role="img"[^>]*aria-labelledby="title description"/);
  expect(picture).toMatch(/<title id="title">[^<]+<\/title>\s*<desc id="description">[^<]+<\/desc>/);
  // A picture in a page cannot use the page's colours, so it has its own for both.
  const classes = new Set([...picture.matchAll(/class="([^"]+)"/g)].flatMap(([, names = ""]) => names.split(" ")));
  const [light = "", dark = ""] = picture.split("@media (prefers-color-scheme: dark)");
  for (const name of classes) {
    if (name !== "line")
      expect([name, light.includes(`.${name}`), dark.includes(`.${name}`)]).toEqual([name, true, true]);
  }
  expect(picture).not.toMatch(/<script|href=|url\((?!#)|@import/);
});

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { FAULT_KINDS, startSimulator } from "pulumi-gitlab-agent/simulator";
import * as ts from "typescript";

import { STATE_HELP } from "../../simulator/stateActions";
import { repository } from "../support/repository";
import { cleanEnvironment, runCommand } from "../support/processes";
import { withProject } from "../support/project";
import { testWith } from "../support/tools";
import { blocksOf, textOf } from "./pages";

// tests/docs/pages.test.ts compiles these blocks; this file runs them unchanged.
const PAGE = "docs/testing.md";
const blocks = blocksOf(PAGE);
const programs = blocks.filter(({ language }) => language === "ts").map(({ text }) => text);
const usesEngine = (program: string): boolean => program.includes("automation");

const asModule = (program: string): string =>
  ts.transpileModule(program, { compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 } })
    .outputText;

describe("docs/testing.md", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "pulumi-gitlab-agent-docs-"));
    mkdirSync(join(folder, "node_modules/.bin"), { recursive: true });
    symlinkSync(repository, join(folder, "node_modules/pulumi-gitlab-agent"));
    symlinkSync(join(repository, "node_modules/@pulumi"), join(folder, "node_modules/@pulumi"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test("its programs run, and their assertions hold", async () => {
    const alone = programs.filter((program) => !usesEngine(program));
    expect(alone).toHaveLength(4);
    for (const program of alone) {
      // Each block checks its results with assertions.
      expect(program).toContain("assert.");
      writeFileSync(join(folder, "program.mjs"), asModule(program));
      const { code, output } = await runCommand("node", ["program.mjs"], { cwd: folder, limit: 60 });
      expect([code, output]).toEqual([0, ""]);
    }
  });

  test("its test of a Pulumi program passes on the real engine", async () => {
    const [program = "", ...more] = programs.filter(usesEngine);
    expect(more).toEqual([]);
    // A developer's folder may have settings for a real GitLab. A second simulator takes its place here.
    const real = await startSimulator({ projects: [{ path: "group/app" }] });
    const toReal = `gitlab:baseUrl: ${real.url}\n  gitlab:token: ${real.tokens["maintainer"]}`;
    const manifest = textOf("examples/quickstart/Pulumi.yaml").replace("config:\n", `config:\n  ${toReal}\n`);
    expect(manifest).toContain(real.url);
    const files = {
      "Pulumi.yaml": manifest,
      "Pulumi.test.yaml": `config:\n  ${toReal}\n`,
      "program.test.mjs": asModule(program),
    };
    const env = { GITLAB_BASE_URL: real.url, GITLAB_TOKEN: real.tokens["maintainer"] };
    try {
      await withProject({ from: "examples/quickstart", files }, async (project) => {
        const contents = () =>
          readdirSync(project.folder, { withFileTypes: true })
            .filter((entry) => entry.isFile())
            .map(({ name }) => [name, readFileSync(join(project.folder, name), "utf8")]);
        const before = contents();
        const { code, output } = await project.run("node", ["program.test.mjs"], { limit: 240, env });
        expect([code, output]).toEqual([0, ""]);
        expect(real.requests).toEqual([]);
        expect(contents()).toEqual(before);
      });
    } finally {
      await real.close();
    }
  });

  testWith(
    "bash",
    "curl",
    "jq",
  )("its commands print what it shows", async () => {
    const text = (language: string): string[] =>
      blocks.filter((one) => one.language === language).map((one) => one.text);
    // The link that npm creates for an installed package; tests/engine/packed.test.ts installs it for real.
    const command = `#!/bin/sh\nexec node '${join(repository, "dist/cli/index.js")}' "$@"\n`;
    writeFileSync(join(folder, "node_modules/.bin/pulumi-gitlab-agent"), command, { mode: 0o755 });
    writeFileSync(join(folder, "package.json"), '{ "private": true }');
    writeFileSync(join(folder, "faults.json"), text("json").join(""));
    const script = text("sh").join("");
    expect(script).toContain("npx pulumi-gitlab-agent simulator");
    const { stdout, stderr, leftBehind } = await runCommand("bash", ["-c", `set -u\n${script}`], {
      cwd: folder,
      env: cleanEnvironment(),
      limit: 120,
    });
    // npm's warnings about this machine's settings are not part of the page.
    const errors = stderr.split("\n").filter((line) => line !== "" && !line.startsWith("npm warn"));
    expect([stdout, errors]).toEqual([text("text").join(""), []]);
    expect(leftBehind).toEqual([]);
  });

  test("its tables name every option, every fault, every field of a rule and every address", () => {
    const named = new Set([...textOf(PAGE).matchAll(/`([^`\n]+)`/g)].map((match) => match[1]));
    const fieldsOf = (file: string, type: string): string[] => {
      const source = ts.createSourceFile(file, textOf(`simulator/${file}`), ts.ScriptTarget.ES2022);
      const found = source.statements.filter(ts.isInterfaceDeclaration).find(({ name }) => name.text === type);
      return found?.members.map((member) => (member.name as ts.Identifier).text) ?? [];
    };
    const options = fieldsOf("options.ts", "SimulatorOptions");
    const handle = fieldsOf("server.ts", "Simulator").map((name) =>
      /^(reset|close)$/.test(name) ? `${name}()` : name,
    );
    const addresses = [...textOf("simulator/control.ts").matchAll(/\* \| `([A-Z]+ \/_simulator\/\w+)` \|/g)].map(
      (match) => match[1] ?? "",
    );
    expect([options.length > 20, handle.length > 8, addresses.length]).toEqual([true, true, 8]);
    const wanted = [...options, ...handle, ...FAULT_KINDS, ...fieldsOf("faultRule.ts", "FaultRule"), ...addresses];
    expect(wanted.filter((name) => !named.has(name) && name !== "kind")).toEqual([]);
    // Each verb of POST /_simulator/state has a row with its fields.
    const rows = textOf(PAGE).split("\n");
    for (const [, verb = "", fields = ""] of STATE_HELP.matchAll(/^ +(\w+) +(.+)$/gm)) {
      const row = rows.find((line) => line.startsWith("| ") && line.includes(`\`${verb}\``)) ?? "";
      const lacking = fields.split(", ").filter((field) => !row.includes(`\`${field.replace("?", "")}\``));
      expect([verb, lacking]).toEqual([verb, []]);
    }
  });
});

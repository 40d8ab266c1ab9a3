import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import * as path from "node:path";
import type { AdoptedResource } from "../../cli/adoption";
import { LANGUAGES } from "../../cli/programs";
import { describeClient } from "../conformance/clients";
import { blocksOf } from "../docs/pages";
import { repository } from "../support/repository";
import { copyGoProgram, providedSdks, run, writeSdks } from "./generated";

const { generators, python, go } = providedSdks();
/** A compiler's time on a busy machine, in milliseconds. */
const LONG = 900_000;

/** What `adopt` has found: one resource of each kind. */
const on = { project: "102", agentId: 7 };
const pem = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";
const mtls = { url: "grpcs://agent.example.com:443", clientCert: pem, caCert: pem, tlsHost: "agent.example.com" };
const ADOPTED: AdoptedResource[] = [
  { kind: "ClusterAgent", name: "production", id: "102:7", inputs: { project: "102", name: "class" }, outputs: {} },
  {
    kind: "AgentToken",
    name: "t",
    id: "102:7:1",
    inputs: { ...on, name: '"', description: "a" },
    outputs: {},
    of: "production",
  },
  { kind: "ReceptiveUrlConfig", name: "u", id: "102:7:2", inputs: { ...on, ...mtls }, outputs: {}, of: "production" },
];

let folder: string;
let printed: string;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "pulumi-gitlab-agent-sdks-"));
  if (generators.missing === undefined) printed = await writeSdks(folder);
}, LONG);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const inside = (...names: string[]) => path.join(folder, ...names);
const read = (file: string) => readFileSync(inside(file), "utf8").replace(/\s+/g, " ");
function write(file: string, text: string): string {
  mkdirSync(path.dirname(inside(file)), { recursive: true });
  writeFileSync(inside(file), text);
  return inside(file);
}

test.each([
  ["python", "examples/python-quickstart/__main__.py"],
  ["go", "examples/go-quickstart/main.go"],
])("docs/languages.md shows the %s program that is compiled here: %s", (language, file) => {
  const shown = blocksOf("docs/languages.md").filter((block) => block.language === language);
  expect(shown.map(({ text }) => text.trimEnd())).toContain(
    readFileSync(path.join(repository, file), "utf8").trimEnd(),
  );
});

/** The programs of docs/registry, of which the registry shows a reader one language. */
const registryPrograms = (language: string) =>
  ["_index", "installation-configuration"]
    .flatMap((page) => blocksOf(`docs/registry/${page}.md`))
    .filter((block) => block.language === language)
    .map(({ text }) => text);

describeClient("the generated SDKs", generators, () => {
  test("make sdks writes them, and says why there is none for Java", () => {
    for (const language of ["python", "go", "nodejs", "dotnet"]) {
      expect(printed).toContain(`${language}: ${inside(language)}\n`);
    }
    expect(printed).toMatch(/^java: (\/.*\/java|not written, since Pulumi's Java host .* is not on PATH)$/m);
  });

  // Pulumi's own prefixes on npm, NuGet and PyPI are not ours to publish under.
  test.each([
    ["Python", "python/pyproject.toml", 'name = "pulumi_gitlab_agent"'],
    ["Go", "go/go.mod", "module gitlab.com/pulumi-gitlab-agent/pulumi-gitlab-agent/sdk/go "],
    ["Node.js", "nodejs/package.json", '"name": "pulumi-gitlab-agent-native"'],
    [".NET", "dotnet/PulumiGitLab.Agent.csproj", "<Version>0.1.0</Version>"],
  ])("%s: the package has a name and a version of its own", (_, file, text) => {
    expect(read(file)).toContain(text);
  });

  test.each([
    [
      "Python",
      "python/pulumi_gitlab_agent/agent_token.py",
      ["agent_id: pulumi.Input[_builtins.int]", "rotate_after_days"],
    ],
    ["Go", "go/gitlabagent/agentToken.go", ["AgentId pulumi.IntInput", "Token pulumi.StringPtrOutput"]],
    ["Node.js", "nodejs/agentToken.ts", ["agentId: pulumi.Input<number>", "token: pulumi.Output<string | undefined>"]],
    [".NET", "dotnet/AgentToken.cs", ["Input<int> AgentId", "Output<string?> Token"]],
  ])("%s: names and types are what its users expect", (_, file, texts) => {
    for (const text of texts) expect(read(file)).toContain(text);
  });

  test.each([
    ["Python", "python/pulumi_gitlab_agent/agent_token.py", 'additional_secret_outputs=["token"]'],
    ["Python", "python/pulumi_gitlab_agent/receptive_url_config.py", "pulumi.Output.secret(client_key)"],
    ["Python", "python/pulumi_gitlab_agent/provider.py", "pulumi.Output.secret(token)"],
    ["Python", "python/pulumi_gitlab_agent/provider.py", "pulumi.Output.secret(headers)"],
    ["Go", "go/gitlabagent/agentToken.go", 'pulumi.AdditionalSecretOutputs([]string{ "token", })'],
    ["Go", "go/gitlabagent/receptiveUrlConfig.go", "pulumi.ToSecret(args.ClientKey)"],
    ["Go", "go/gitlabagent/provider.go", "pulumi.ToSecret(args.Token)"],
    ["Go", "go/gitlabagent/provider.go", "pulumi.ToSecret(args.Headers)"],
    ["Node.js", "nodejs/agentToken.ts", 'additionalSecretOutputs: ["token"]'],
    ["Node.js", "nodejs/receptiveUrlConfig.ts", "pulumi.secret(args.clientKey)"],
    ["Node.js", "nodejs/provider.ts", "pulumi.secret(args.token)"],
    ["Node.js", "nodejs/provider.ts", "pulumi.secret(args.headers)"],
    [".NET", "dotnet/AgentToken.cs", 'AdditionalSecretOutputs = { "token", }'],
    [".NET", "dotnet/ReceptiveUrlConfig.cs", 'AdditionalSecretOutputs = { "clientKey", }'],
    [".NET", "dotnet/Provider.cs", 'AdditionalSecretOutputs = { "token", }'],
  ])("%s: secrets are secret in %s: %s", (_, file, text) => {
    expect(read(file)).toContain(text);
  });

  test(
    "Node.js: tsc accepts the SDK, and refuses a program with a wrong name or type",
    async () => {
      mkdirSync(inside("node_modules"));
      for (const name of ["@pulumi", "@types"]) {
        symlinkSync(path.join(repository, "node_modules", name), inside("node_modules", name));
      }
      symlinkSync(inside("nodejs"), inside("node_modules/pulumi-gitlab-agent-native"));
      write(
        "wrong.ts",
        `import { AgentToken, ClusterAgent } from "pulumi-gitlab-agent-native";
const agent = new ClusterAgent("production", { project: "group/app" });
new AgentToken("right", { project: "group/app", agentId: agent.agentId, name: "right" });
new ClusterAgent("wrong", { projekt: "group/app" });
new AgentToken("wrong", { project: "group/app", agentId: "seven", name: "wrong" });
`,
      );
      const { files } = JSON.parse(
        readFileSync(inside("nodejs/tsconfig.json"), "utf8").replace(/^\s*\/\/.*$/gm, ""),
      ) as {
        files: string[];
      };
      const config = {
        extends: "./nodejs/tsconfig.json",
        compilerOptions: { noEmit: true },
        files: ["wrong.ts", ...files.map((file) => `nodejs/${file}`)],
      };
      const project = write("tsconfig.json", JSON.stringify(config));
      const tsc = path.join(repository, "node_modules/typescript-7/bin/tsc");
      const { output } = await run("node", [tsc, "-p", project], { cwd: folder });
      expect(output.match(/^\S+?(?=,\d+\): error)/gm)).toEqual(["wrong.ts(4", "wrong.ts(5"]);
    },
    LONG,
  );

  describeClient("Python", python, (interpreter) => {
    test(
      "mypy accepts the SDK, the programs of the example, of adopt and of the registry's pages, and refuses a program with a wrong name or type",
      async () => {
        cpSync(path.join(repository, "examples/python-quickstart/__main__.py"), inside("right.py"));
        write("adopted.py", LANGUAGES.python.program(ADOPTED));
        write(
          "wrong.py",
          `import pulumi
import pulumi_gitlab_agent as gitlab_agent

internal = gitlab_agent.Provider("internal", base_url="https://gitlab.example.com", token="secret", debug=True)
with_provider = pulumi.ResourceOptions(provider=internal)
agent = gitlab_agent.ClusterAgent("production", project="group/app", opts=with_provider)
gitlab_agent.AgentToken("right", project="group/app", agent_id=agent.agent_id, rotate_after_days=90)
gitlab_agent.ClusterAgent("wrong", projekt="group/app")
gitlab_agent.AgentToken("wrong", project="group/app", agent_id="seven", name="wrong")
gitlab_agent.get_cluster_agents(project=101)
`,
        );
        const cache = process.env["XDG_CACHE_HOME"] || path.join(homedir(), ".cache");
        // Inside its functions, what Pulumi's generator writes for any package has these: what it declares has not.
        const generated = "disable_error_code = assignment, arg-type, return-value, var-annotated";
        const config = write("mypy.ini", `[mypy]\n[mypy-pulumi_gitlab_agent.*]\n${generated}\n`);
        const options = [
          "--config-file",
          config,
          "--cache-dir",
          path.join(cache, "pulumi-gitlab-agent/mypy"),
          "--no-error-summary",
        ];
        const shown = registryPrograms("python").map((text, index) =>
          path.basename(write(`registry${index}.py`, text)),
        );
        expect(shown).not.toEqual([]);
        const files = ["python/pulumi_gitlab_agent", "right.py", "adopted.py", ...shown, "wrong.py"];
        const { output } = await run(interpreter, ["-m", "mypy", ...options, ...files], {
          cwd: folder,
          env: { MYPYPATH: inside("python") },
        });
        expect([...new Set(output.match(/^\S+(?=: error)/gm))]).toEqual(["wrong.py:8", "wrong.py:9", "wrong.py:10"]);
      },
      LONG,
    );
  });

  describeClient("Go", go, (compiler) => {
    test(
      "Go accepts the SDK, the programs of the example, of adopt and of the registry's pages by the example's go.mod, and refuses a program with a wrong name or type",
      async () => {
        copyGoProgram(folder, inside("program"));
        const go = (...args: string[]) => run(compiler, args, { cwd: inside("program") });
        // Checks the program as `go build` does, and links nothing.
        write("program/adopted/main.go", LANGUAGES.go.program(ADOPTED));
        const shown = registryPrograms("go");
        expect(shown).not.toEqual([]);
        shown.forEach((text, index) => write(`program/registry${index}/main.go`, text));
        const checked = await go("vet", "./...");
        expect([checked.code, checked.output]).toEqual([0, ""]);
        const sdk = "gitlab.com/pulumi-gitlab-agent/pulumi-gitlab-agent/sdk/go";
        const whole = await go("build", `${sdk}/...`);
        expect([whole.code, whole.output]).toEqual([0, ""]);
        write(
          "program/wrong/main.go",
          `package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"${sdk}/gitlabagent"
)

func main() {
	_ = gitlabagent.ProviderArgs{BaseUrl: pulumi.String("https://gitlab.example.com"), Debug: pulumi.Bool(true)}
	_ = gitlabagent.AgentTokenArgs{AgentId: pulumi.Int(7), RotateAfterDays: pulumi.Float64(90)}
	_ = gitlabagent.ClusterAgentArgs{Projekt: pulumi.String("group/app")}
	_ = gitlabagent.AgentTokenArgs{AgentId: pulumi.String("seven")}
}
`,
        );
        const { output } = await go("build", "-o", inside("wrong"), "./wrong");
        expect(output.match(/^wrong.main\.go:\d+/gm)).toEqual(["wrong/main.go:11", "wrong/main.go:12"]);
      },
      LONG,
    );
  });
});

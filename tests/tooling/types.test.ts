import * as path from "node:path";
import * as ts from "typescript";
import { repository } from "../support/repository";

// Compiles against the published types like users: with both module resolutions, both kinds of modules, and checked library files.
const BODY = `
const agent = new ClusterAgent("production", { project: "group/app" });
const token = new AgentToken("production", { project: agent.project, agentId: agent.agentId });
const receptive = new ReceptiveUrlConfig("production", { project: 42, agentId: agent.agentId, url: "grpc://agent" }, {
  provider: new Provider("explicit", { baseUrl: "https://gitlab.example.com" }),
});
const installation = new AgentInstallation("edge", { project: "group/app" });
const kas = getKasOutput().externalUrl;
void [token.token.apply((text) => text.length), receptive.publicKey, installation.release.status, kas, LookupError.name];
void startSimulator({ latency: 50 }).then((simulator) => simulator.close());
`;
const NAMES = "AgentToken, ClusterAgent, getKasOutput, LookupError, Provider, ReceptiveUrlConfig";
const IMPORTED = `import { ${NAMES} } from "pulumi-gitlab-agent";
import { AgentInstallation } from "pulumi-gitlab-agent/kubernetes";
import { startSimulator } from "pulumi-gitlab-agent/simulator";
${BODY}`;
const REQUIRED = `const { ${NAMES} } = require("pulumi-gitlab-agent");
const { AgentInstallation } = require("pulumi-gitlab-agent/kubernetes");
const { startSimulator } = require("pulumi-gitlab-agent/simulator");
${BODY}`;

const wrong = (text: string) => text.replace('project: "group/app"', "project: true");

interface Resolution {
  options: Pick<ts.CompilerOptions, "module" | "moduleResolution">;
  /** Programs by file name, whose ending is the kind of module. */
  programs: Record<string, string>;
}

const RESOLUTIONS: Record<string, Resolution> = {
  node16: {
    options: { module: ts.ModuleKind.Node16, moduleResolution: ts.ModuleResolutionKind.Node16 },
    programs: {
      "common.cts": IMPORTED,
      "module.mts": IMPORTED,
      "plain.cjs": REQUIRED,
      "wrong.cts": wrong(IMPORTED),
      "wrong-module.mts": wrong(IMPORTED),
      "wrong-plain.cjs": wrong(REQUIRED),
    },
  },
  // Pulumi's default, if a project has no tsconfig.json, as in many projects.
  node10: {
    options: { module: ts.ModuleKind.CommonJS, moduleResolution: ts.ModuleResolutionKind.Node10 },
    programs: { "classic.ts": IMPORTED, "wrong-classic.ts": wrong(IMPORTED) },
  },
  bundler: {
    options: { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler },
    programs: {
      "module.ts": IMPORTED,
      "plain.mjs": IMPORTED,
      "wrong.ts": wrong(IMPORTED),
      "wrong-plain.mjs": wrong(IMPORTED),
    },
  },
};

/**
 * The compiler's errors by file, those in libraries included. One run compiles all files, since libraries take most of the time.
 */
function errorsOf({ options, programs }: Resolution): Record<string, string[]> {
  const all: ts.CompilerOptions = {
    ...options,
    target: ts.ScriptTarget.ES2022,
    strict: true,
    skipLibCheck: false,
    allowJs: true,
    checkJs: true,
    noEmit: true,
    types: ["node"],
  };
  const texts = new Map(Object.entries(programs).map(([name, text]) => [path.join(repository, "docs", name), text]));
  const host = ts.createCompilerHost(all);
  const real = ts.createCompilerHost(all);
  host.fileExists = (name) => texts.has(name) || real.fileExists(name);
  host.readFile = (name) => texts.get(name) ?? real.readFile(name);
  host.getSourceFile = (name, version) => {
    const text = texts.get(name);
    return text === undefined ? real.getSourceFile(name, version) : ts.createSourceFile(name, text, version);
  };
  const faults: Record<string, string[]> = Object.fromEntries(Object.keys(programs).map((name) => [name, []]));
  for (const { file, messageText } of ts.getPreEmitDiagnostics(ts.createProgram([...texts.keys()], all, host))) {
    const name =
      file === undefined || !texts.has(file.fileName) ? `library ${file?.fileName}` : path.basename(file.fileName);
    (faults[name] ??= []).push(ts.flattenDiagnosticMessageText(messageText, " "));
  }
  return faults;
}

test.each(Object.entries(RESOLUTIONS))(
  "by %s: correct programs compile, and wrong ones do not",
  (_name, resolution) => {
    const expected = Object.keys(resolution.programs).map((name) => [name, name.startsWith("wrong") ? 1 : 0]);
    const faults = errorsOf(resolution);
    const counts = Object.fromEntries(Object.entries(faults).map(([name, told]) => [name, told.length]));
    expect([counts, faults]).toEqual([Object.fromEntries(expected), expect.anything()]);
  },
);

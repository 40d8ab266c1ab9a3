import * as path from "node:path";
import * as ts from "typescript";
import { repository } from "../support/engine";

// As users compile against the published types: both ways to resolve them, both kinds of module, library files not skipped.
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

const node16 = { module: ts.ModuleKind.Node16, moduleResolution: ts.ModuleResolutionKind.Node16 };
const bundler = { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler };

const KINDS: [what: string, file: string, text: string, options: ts.CompilerOptions][] = [
  ["a CommonJS program, node16", "program.cts", IMPORTED, node16],
  ["an ES module, node16", "program.mts", IMPORTED, node16],
  ["an ES module, bundler", "program.ts", IMPORTED, bundler],
  ["plain JavaScript, CommonJS, node16", "program.cjs", REQUIRED, node16],
  ["plain JavaScript, an ES module, bundler", "program.mjs", IMPORTED, bundler],
];

const libraries = new Map<string, ts.SourceFile | undefined>();

function faultsOf(file: string, text: string, { module, moduleResolution }: ts.CompilerOptions): string[] {
  const place = path.join(repository, "docs", file);
  const options: ts.CompilerOptions = {
    module,
    moduleResolution,
    target: ts.ScriptTarget.ES2022,
    strict: true,
    skipLibCheck: false,
    allowJs: true,
    checkJs: true,
    noEmit: true,
    types: ["node"],
  };
  const host = ts.createCompilerHost(options);
  const real = ts.createCompilerHost(options);
  host.fileExists = (name) => name === place || real.fileExists(name);
  host.readFile = (name) => (name === place ? text : real.readFile(name));
  host.getSourceFile = (name, languageVersion) => {
    if (name === place) return ts.createSourceFile(name, text, languageVersion);
    // A library is parsed once for each way to resolve it.
    const key = `${module} ${name}`;
    if (!libraries.has(key)) libraries.set(key, real.getSourceFile(name, languageVersion));
    return libraries.get(key);
  };
  return ts
    .getPreEmitDiagnostics(ts.createProgram([place], options, host))
    .map(({ file: at, messageText }) => `${at?.fileName ?? "?"}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`);
}

test.each(KINDS)("%s compiles", (_what, file, text, options) => {
  expect(faultsOf(file, text, options)).toEqual([]);
});

test("a wrong argument does not, in any of them", () => {
  const wrong = (text: string) => text.replace('project: "group/app"', "project: true");
  expect(KINDS.map(([, file, text, options]) => faultsOf(file, wrong(text), options).length)).toEqual([1, 1, 1, 1, 1]);
});

import { compile, type Compilation } from "../support/compiler";

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

const RESOLUTIONS: Record<string, Compilation> = {
  node16: {
    options: { module: "node16" },
    programs: {
      "common.cts": IMPORTED,
      "module.mts": IMPORTED,
      "plain.cjs": REQUIRED,
      "wrong.cts": wrong(IMPORTED),
      "wrong-module.mts": wrong(IMPORTED),
      "wrong-plain.cjs": wrong(REQUIRED),
    },
  },
  // Pulumi's default, if a project has no tsconfig.json, as in many projects. TypeScript 7 no longer has it.
  node10: {
    compiler: "typescript",
    options: { module: "commonjs", moduleResolution: "node10" },
    programs: { "classic.ts": IMPORTED, "wrong-classic.ts": wrong(IMPORTED) },
  },
  bundler: {
    options: { module: "esnext", moduleResolution: "bundler" },
    programs: {
      "module.ts": IMPORTED,
      "plain.mjs": IMPORTED,
      "wrong.ts": wrong(IMPORTED),
      "wrong-plain.mjs": wrong(IMPORTED),
    },
  },
};

test.each(Object.entries(RESOLUTIONS))(
  "by %s: correct programs compile, and wrong ones do not",
  async (_name, { options, ...rest }) => {
    // Errors in libraries count too, except in what TypeScript itself declares of the language and of browsers.
    const checked = { skipLibCheck: false, skipDefaultLibCheck: true, allowJs: true, checkJs: true };
    const errors = await compile({ ...rest, options: { ...options, ...checked } });
    const wrongs = Object.keys(rest.programs).filter((name) => name.startsWith("wrong"));
    expect([errors.map(({ file }) => file).sort(), errors]).toEqual([wrongs.sort(), expect.anything()]);
  },
);

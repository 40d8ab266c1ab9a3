// Writes the state fixtures of this version (make state-fixture): the state that `pulumi up` leaves of the programs in
// tests/fixtures/state/program, and what the simulated GitLab holds then. tests/engine/upgrade.test.ts and
// tests/plugin/upgrade.test.ts hold every later version to them. Nothing in it is a secret of anybody's: state stays encrypted, and the objects' secrets are left out.
import { cpSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { version as pulumi } from "@pulumi/pulumi/package.json";
import type { Simulator } from "pulumi-gitlab-agent/simulator";
import { version } from "../package.json";
import { providedClients } from "../tests/conformance/clients";
import { certificateAuthority } from "../tests/support/certificates";
import { withProject } from "../tests/support/project";
import {
  FIXTURES,
  fixtureProject,
  nativeFixtureProject,
  PLACEHOLDER,
  startFixtureGitLab,
  type Fixture,
} from "../tests/support/stateFixture";

/** The programs of the fixtures, each with its folder. */
const DOORS = [
  {
    folder: path.join(FIXTURES, version),
    program: path.join(FIXTURES, "program/index.ts"),
    projectOf: fixtureProject,
  },
  {
    folder: path.join(FIXTURES, version, "native"),
    program: path.join(FIXTURES, "program/native/Pulumi.yaml"),
    projectOf: (program: string, gitlab: Simulator, config: Record<string, string>) =>
      nativeFixtureProject(program, gitlab, config, { PATH: `${yamlHost()}${path.delimiter}${process.env["PATH"]}` }),
  },
];

/** The folder of Pulumi's YAML host. */
function yamlHost(): string {
  const { path: host, missing } = providedClients().yaml;
  if (host === undefined) throw new Error(missing);
  return path.dirname(host);
}

async function make({ folder, program, projectOf }: (typeof DOORS)[number]): Promise<void> {
  const gitlab = await startFixtureGitLab();
  // An agent uses its token, for which a connection waits.
  const using = setInterval(() => {
    for (const { id, name } of gitlab.state.activeTokens()) if (name === "everything") gitlab.state.markTokenUsed(id);
  }, 500);
  try {
    const agent = gitlab.state.createAgent("group/app", "by-hand", 1);
    const byHand = gitlab.state.createToken(agent.id, "by-hand", null, 1);
    const ids = { agent: `group/app:${agent.id}`, agentToken: `group/app:${agent.id}:${byHand.id}` };
    const { cert, key } = await (await certificateAuthority()).issue({ notAfter: new Date("2126-01-01") });
    const config = { ...ids, clientCert: cert, clientKey: key };
    await withProject(projectOf(program, gitlab, config), async (project) => {
      await project.pulumi(["up", "--yes", "--skip-preview"]);
      const { stdout } = await project.pulumi(["stack", "export"]);
      const cli = (await project.pulumi(["version"])).stdout.trim();
      mkdirSync(folder, { recursive: true });
      cpSync(program, path.join(folder, path.basename(program)));
      // The engine notes where the SDK or the language host is, which here is a path of this machine.
      const deployment = stdout
        .replaceAll(gitlab.url, PLACEHOLDER)
        .replace(/project:\/\/\/\.\.\/[^"]*?\/(?=(node_modules|pkg\/mod|src)\/)/g, "project:///");
      writeFileSync(path.join(folder, "deployment.json"), deployment);
      const node = process.version;
      const fixture = { versions: { "pulumi-gitlab-agent": version, pulumi: cli, "@pulumi/pulumi": pulumi, node } };
      const whole: Fixture = { ...fixture, config: ids, ...objects(gitlab) };
      writeFileSync(path.join(folder, "gitlab.json"), `${JSON.stringify(whole, null, 2)}\n`);
    });
  } finally {
    clearInterval(using);
    await gitlab.close();
  }
  console.log(`wrote ${path.relative(process.cwd(), folder)}`);
}

async function makeMissing(): Promise<void> {
  const missing = DOORS.filter(({ folder }) => !existsSync(path.join(folder, "deployment.json")));
  if (missing.length === 0) throw new Error(`there is a fixture of ${version} already: a released state never changes`);
  for (const door of missing) await make(door);
}

/** The objects in GitLab, without tokens and keys. */
function objects({ state }: Simulator): Pick<Fixture, "agents" | "tokens" | "urlConfigurations"> {
  return {
    agents: state.agents,
    tokens: state.tokens.map(({ secret: _, ...rest }) => rest),
    urlConfigurations: state.urlConfigurations.map(({ privateKey: _, clientKey: __, ...rest }) => rest),
  };
}

makeMissing().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});

// Writes the state fixture of this version (make state-fixture): the state that `pulumi up` leaves of
// tests/fixtures/state/program, and what the simulated GitLab holds then. tests/engine/upgrade.test.ts holds every later
// version to it. Nothing in it is a secret of anybody's: state stays encrypted, and the objects' secrets are left out.
import { cpSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { version as pulumi } from "@pulumi/pulumi/package.json";
import type { Simulator } from "pulumi-gitlab-agent/simulator";
import { version } from "../package.json";
import { certificateAuthority } from "../tests/support/certificates";
import { withProject } from "../tests/support/project";
import { FIXTURES, fixtureProject, PLACEHOLDER, startFixtureGitLab, type Fixture } from "../tests/support/stateFixture";

const folder = path.join(FIXTURES, version);
const program = path.join(FIXTURES, "program/index.ts");

async function make(): Promise<void> {
  if (existsSync(folder)) throw new Error(`there is a fixture of ${version} already: a released state never changes`);
  const gitlab = await startFixtureGitLab();
  try {
    const agent = gitlab.state.createAgent("group/app", "by-hand", 1);
    const byHand = gitlab.state.createToken(agent.id, "by-hand", null, 1);
    const ids = { agent: `group/app:${agent.id}`, agentToken: `group/app:${agent.id}:${byHand.id}` };
    const { cert, key } = await (await certificateAuthority()).issue({ notAfter: new Date("2126-01-01") });
    const config = { ...ids, clientCert: cert, clientKey: key };
    await withProject(fixtureProject(program, gitlab, config), async (project) => {
      await project.pulumi(["up", "--yes", "--skip-preview"]);
      const { stdout } = await project.pulumi(["stack", "export"]);
      const cli = (await project.pulumi(["version"])).stdout.trim();
      mkdirSync(folder, { recursive: true });
      cpSync(program, path.join(folder, "index.ts"));
      // The engine notes where the SDK lies, which here is a path of this machine.
      const deployment = stdout
        .replaceAll(gitlab.url, PLACEHOLDER)
        .replace(/project:\/\/\/\.\.\/[^"]*?\/node_modules\//g, "project:///node_modules/");
      writeFileSync(path.join(folder, "deployment.json"), deployment);
      const node = process.version;
      const fixture = { versions: { "pulumi-gitlab-agent": version, pulumi: cli, "@pulumi/pulumi": pulumi, node } };
      const whole: Fixture = { ...fixture, config: ids, ...objects(gitlab) };
      writeFileSync(path.join(folder, "gitlab.json"), `${JSON.stringify(whole, null, 2)}\n`);
    });
  } finally {
    await gitlab.close();
  }
  console.log(`wrote ${path.relative(process.cwd(), folder)}`);
}

/** What GitLab holds, without tokens and keys. */
function objects({ state }: Simulator): Pick<Fixture, "agents" | "tokens" | "urlConfigurations"> {
  return {
    agents: state.agents,
    tokens: state.tokens.map(({ secret: _, ...rest }) => rest),
    urlConfigurations: state.urlConfigurations.map(({ privateKey: _, clientKey: __, ...rest }) => rest),
  };
}

make().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});

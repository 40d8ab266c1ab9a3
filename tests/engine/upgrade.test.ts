import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { version } from "../../package.json";
import { withProject } from "../support/project";
import {
  FIXTURES,
  fixtureProject,
  PLACEHOLDER,
  restore,
  startFixtureGitLab,
  type Fixture,
} from "../support/stateFixture";

// The promise for upgrades: this version refreshes, previews without a diff, and destroys the state that any released version
// wrote.
const versions = readdirSync(FIXTURES).filter((name) => name !== "program");

test("this version has a state fixture", () => {
  // If this fails after a new version: run `make state-fixture`, and commit the files that it wrote.
  expect(versions).toContain(version);
});

test.each(versions)("state of %s is refreshed, previewed without a diff, and destroyed", async (name) => {
  const read = (file: string) => readFileSync(path.join(FIXTURES, name, file), "utf8");
  const fixture = JSON.parse(read("gitlab.json")) as Fixture;
  const gitlab = await startFixtureGitLab();
  try {
    restore(gitlab, fixture);
    const options = fixtureProject(path.join(FIXTURES, name, "index.ts"), gitlab, fixture.config);
    const deployment = read("deployment.json").replaceAll(PLACEHOLDER, gitlab.url);
    await withProject({ ...options, files: { ...options.files, "state.json": deployment } }, async (project) => {
      await project.pulumi(["stack", "import", "--file", "state.json"]);
      await project.pulumi(["config", "set-all", ...(await keyPair(project))]);

      await project.pulumi(["refresh", "--yes", "--skip-preview", "--expect-no-changes"]);
      await project.pulumi(["preview", "--diff", "--expect-no-changes"]);
      // An update without changes writes the state in this version's form, which must work as well.
      await project.pulumi(["up", "--yes", "--skip-preview", "--expect-no-changes"]);
      expect((await project.outputs())["agentToken"]).toMatch(/^glagent-/);
      expect(gitlab.requests.filter(({ method }) => method !== "GET")).toEqual([]);

      await project.pulumi(["destroy", "--yes", "--skip-preview"]);
      expect([gitlab.state.agents, gitlab.state.activeTokens(), gitlab.state.urlConfigurations]).toEqual([[], [], []]);
    });
  } finally {
    await gitlab.close();
  }
});

/** The key pair of the fixture's mTLS configuration, which is only in its state. */
async function keyPair(project: { pulumi(args: string[]): Promise<{ stdout: string }> }): Promise<string[]> {
  const { stdout } = await project.pulumi(["stack", "export", "--show-secrets"]);
  const { deployment } = JSON.parse(stdout) as { deployment: { resources: { urn: string; inputs: Inputs }[] } };
  const { inputs } = deployment.resources.find(({ urn }) => urn.endsWith("::mtls")) ?? {};
  const key = JSON.parse(inputs?.clientKey.plaintext ?? '""') as string;
  return ["--plaintext", `clientCert=${inputs?.clientCert}`, "--secret", `clientKey=${key}`];
}

interface Inputs {
  clientCert: string;
  clientKey: { plaintext: string };
}

import { readFileSync } from "node:fs";
import * as path from "node:path";
import type { Simulator } from "pulumi-gitlab-agent/simulator";
import { withProject, type ProjectOptions } from "./project";
import { PLACEHOLDER, restore, startFixtureGitLab, type Fixture } from "./stateFixture";

/**
 * Checks that this version refreshes the state of a fixture, previews it without a diff, and destroys it.
 *
 * @param folder the fixture
 * @param projectOf the project of its program
 */
export async function expectUpgraded(
  folder: string,
  projectOf: (gitlab: Simulator, config: Record<string, string>) => ProjectOptions,
): Promise<void> {
  const read = (file: string) => readFileSync(path.join(folder, file), "utf8");
  const fixture = JSON.parse(read("gitlab.json")) as Fixture;
  const gitlab = await startFixtureGitLab();
  try {
    restore(gitlab, fixture);
    const options = projectOf(gitlab, fixture.config);
    const deployment = read("deployment.json").replaceAll(PLACEHOLDER, gitlab.url);
    await withProject({ ...options, files: { ...options.files, "state.json": deployment } }, async (project) => {
      await project.pulumi(["stack", "import", "--file", "state.json"]);
      await project.pulumi(["config", "set-all", ...(await keyPair(project))]);

      // The update writes the state in this version's form, which must work as well.
      await project.pulumi(["up", "--refresh", "--yes", "--skip-preview", "--diff", "--expect-no-changes"]);
      expect((await project.outputs())["agentToken"]).toMatch(/^glagent-/);
      expect(gitlab.requests.filter(({ method }) => method !== "GET")).toEqual([]);

      await project.pulumi(["destroy", "--yes", "--skip-preview"]);
      expect([gitlab.state.agents, gitlab.state.activeTokens(), gitlab.state.urlConfigurations]).toEqual([[], [], []]);
    });
  } finally {
    await gitlab.close();
  }
}

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

import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { withProject } from "../support/project";

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());
beforeEach(() => simulator.reset());

const env = () => ({ GITLAB_BASE_URL: simulator.url, GITLAB_TOKEN: simulator.tokens["maintainer"] ?? "" });

test("the root project as a newcomer runs it: update, preview without changes, destroy, with all three resources", async () => {
  await withProject({ inPlace: ".", env: env(), config: { receptive: "true" } }, async (project) => {
    const { output } = await project.pulumi(["up", "--yes", "--skip-preview"]);
    expect(output).toMatch(/agentToken\s*: \[secret\]/);
    const [token] = simulator.state.activeTokens();
    expect(output).not.toContain(token?.secret);
    expect(await project.outputs()).toMatchObject({
      agentName: "production",
      agentToken: token?.secret,
      receptivePublicKey: expect.stringMatching(/=$/) as string,
    });
    await project.expectNoChanges();
    await project.pulumi(["destroy", "--yes", "--skip-preview"]);
    expect([simulator.state.agents, simulator.state.activeTokens(), simulator.state.urlConfigurations]).toEqual([
      [],
      [],
      [],
    ]);
  });
});

test("without receptive agents, as for a GitLab below Ultimate", async () => {
  await withProject({ from: "examples/quickstart", env: env() }, async (project) => {
    const { output } = await project.pulumi(["up", "--yes", "--skip-preview"]);
    expect(output).not.toContain("warning");
    expect(simulator.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "POST /api/v4/projects/group%2Fapp/cluster_agents",
      expect.stringMatching(/^POST \/api\/v4\/projects\/group%2Fapp\/cluster_agents\/\d+\/tokens$/),
    ]);
  });
});

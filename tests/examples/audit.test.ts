import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { withProject } from "../support/project";

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());

const DAY = 24 * 60 * 60 * 1000;

test("the audit shows stale tokens, agents without one, and receptive agents without a configuration, and changes nothing", async () => {
  const { state } = simulator;
  const daysAgo = (days: number) => Date.now() - days * DAY;
  const good = state.createAgent("group/app", "good");
  const fresh = state.createToken(good.id, "fresh");
  state.markTokenUsed(fresh.id, daysAgo(29));
  state.setUrlConfiguration(good.id, { url: "grpc://good.example.com:80" });
  const stale = state.createAgent("group/app", "stale");
  const used = state.createToken(stale.id, "used");
  state.markTokenUsed(used.id, daysAgo(31));
  const never = state.createToken(stale.id, "never");
  never.createdAt = daysAgo(40);
  const bare = state.createAgent("group/subgroup/infra", "bare");
  state.createToken(bare.id, "new");
  bare.isReceptive = true;
  state.revokeToken(state.createToken(state.createAgent("group/subgroup/infra", "tokenless").id, "revoked").id);

  const env = { GITLAB_BASE_URL: simulator.url, GITLAB_TOKEN: simulator.tokens["maintainer"] ?? "" };
  const config = { unusedDays: "30" };
  await withProject({ from: "examples/audit", env, config }, async (project) => {
    for (const [index, name] of ["group/app", "group/subgroup/infra", "group/absent"].entries()) {
      await project.pulumi(["config", "set", "--path", `projects[${index}]`, name]);
    }
    const { output } = await project.pulumi(["up", "--yes", "--skip-preview"]);
    const row = (agent: string) => output.split("\n").find((line) => line.includes(`'${agent}'`)) ?? "";
    expect(row("good")).toMatch(/'group\/app' .*'fresh' *│ '' *│/);
    const since = (at: number) => new Date(at).toISOString().slice(0, 10);
    expect(row("stale")).toContain(
      `used unused since ${since(daysAgo(31))}; never never used, created ${since(daysAgo(40))}`,
    );
    expect(row("bare")).toContain("receptive, but no URL configuration");
    expect(row("tokenless")).toMatch(/'group\/subgroup\/infra' .*'no token'/);
    const outputs = (await project.outputs()) as { agents: { agent: string }[]; findings: number };
    // A project that cannot be read is a row like the others.
    expect(output).toMatch(/'group\/absent' .*cannot be read: Could not .*404/);
    expect(outputs.findings).toBe(4);
    const found = Object.fromEntries(outputs.agents.map(({ agent, ...rest }) => [agent, rest]));
    const clean = { unusedTokens: [], withoutToken: false, withoutConfiguration: false };
    expect(found).toMatchObject({
      good: { ...clean, project: "group/app", tokens: ["fresh"] },
      stale: { ...clean, unusedTokens: [{ name: "used" }, { name: "never", createdAt: expect.any(String) }] },
      bare: { ...clean, withoutConfiguration: true },
      tokenless: { ...clean, withoutToken: true },
    });
    expect(simulator.requests.filter(({ method }) => method !== "GET")).toEqual([]);
  });
});

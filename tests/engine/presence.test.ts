import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { AgentToken, ClusterAgent, ReceptiveUrlConfig } from "../support/declared";
import { configKey } from "../support/door";
import { withStack, type EngineStack } from "../support/engine";

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());

function program(): Promise<Record<string, unknown>> {
  const agent = new ClusterAgent("production", { project: "group/app" });
  const on = { project: agent.project, agentId: agent.agentId };
  const token = new AgentToken("production", on);
  new ReceptiveUrlConfig("production", { ...on, url: "grpcs://agent.example.com:443" });
  return Promise.resolve({ token: token.token });
}

/** The number of our resources in the state. */
async function recorded(stack: EngineStack): Promise<number> {
  const { deployment } = (await stack.exportState()) as { deployment: { resources?: { type: string }[] } };
  return (deployment.resources ?? []).filter(({ type }) => /(gitlab|index):[A-Z]/.test(type)).length;
}

test("hidden objects stay in the state, deleted ones are removed from it, on refresh and on destroy", async () => {
  const config = {
    "gitlab:baseUrl": simulator.url,
    "gitlab:token": { value: simulator.tokens["maintainer"] ?? "", secret: true },
  };
  const { state } = simulator;
  await withStack({ program, config }, async (stack) => {
    const { token } = (await stack.up()).outputs;

    state.setRole("maintainer", "none");
    for (const hidden of [await stack.refresh({ expectFailure: true }), await stack.destroy({ expectFailure: true })]) {
      expect(hidden.output).toMatch(/answered 404: .*GitLab shows this credential no project .*still in the state/);
      expect(hidden.output).toMatch(new RegExp(`it came from \`${configKey("gitlab:token")}\` in the stack`));
      expect(await recorded(stack)).toBe(3);
    }

    state.setRole("maintainer", "guest");
    const guest = await stack.destroy({ expectFailure: true });
    expect(guest.output).toMatch(
      new RegExp(`answered 403: .*role Maintainer.*\`${configKey("gitlab:token")}\` in the stack`),
    );
    expect(await recorded(stack)).toBe(3);

    state.setRole("maintainer", "maintainer");
    state.settings.receptiveEnabled = false;
    const disabled = await stack.refresh({ expectFailure: true });
    expect(disabled.output).toMatch(/GitLab answers 404 for every URL configuration.*Ultimate/);
    expect(await recorded(stack)).toBe(3);

    state.settings.receptiveEnabled = true;
    const agent = state.agent("production");
    state.deleteUrlConfiguration(agent.id);
    const refreshed = await stack.refresh();
    expect(refreshed.changes).toMatchObject({ delete: 1 });
    expect(await recorded(stack)).toBe(2);
    expect((await stack.outputs())["token"]?.value).toBe(token?.value);

    state.deleteAgent(agent.id);
    const gone = await stack.destroy();
    expect(gone.changes).toMatchObject({ delete: 3 });
    expect(await recorded(stack)).toBe(0);
  });
});

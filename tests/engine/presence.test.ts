import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { attaching } from "../support/bothDoors";
import { errorOf } from "../support/catalogue";
import { AgentToken, ClusterAgent, ReceptiveUrlConfig } from "../support/declared";
import { configKey } from "../support/door";
import { withStack, type EngineStack } from "../support/engine";
import { resourcesIn } from "../support/stateFile";

/** What happens to an installation's objects is the name of its project, and its resources have that name, too. */
const FATES = ["hidden", "guest", "unlicensed", "deleted"] as const;
type Fate = (typeof FATES)[number];

const attach = attaching();
let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ projects: FATES.map((fate) => ({ path: `group/${fate}` })) });
});
afterAll(() => simulator.close());

function program(): Promise<Record<string, unknown>> {
  const tokens = FATES.map((fate) => {
    const agent = new ClusterAgent(`${fate}-agent`, { project: `group/${fate}` });
    const on = { project: agent.project, agentId: agent.agentId };
    new ReceptiveUrlConfig(`${fate}-config`, { ...on, url: "grpcs://agent.example.com:443" });
    return [fate, new AgentToken(`${fate}-token`, on).token];
  });
  return Promise.resolve(Object.fromEntries(tokens) as Record<string, unknown>);
}

/** The kinds of an installation's resources in the state. */
function recorded(stack: EngineStack, fate: Fate): string[] {
  const names = resourcesIn(stack).map(({ urn }) => urn.slice(urn.lastIndexOf("::") + 2));
  return names.filter((name) => name.startsWith(`${fate}-`)).map((name) => name.slice(fate.length + 1));
}

const ALL = ["agent", "config", "token"];

test("hidden objects stay in the state, deleted ones are removed from it, on refresh and on destroy", async () => {
  const config = {
    "gitlab:baseUrl": simulator.url,
    "gitlab:token": { value: simulator.tokens["maintainer"] ?? "", secret: true },
  };
  const { state } = simulator;
  await withStack({ program, config }, async (stack) => {
    await attach(stack);
    const held = (fate: Fate) => recorded(stack, fate).sort();
    const agentOf = (fate: Fate) => state.agent(`${fate}-agent`).id;
    const { outputs } = await stack.up();
    for (const fate of FATES) expect([fate, held(fate)]).toEqual([fate, ALL]);

    state.setRole("maintainer", "none", "group/hidden");
    state.setRole("maintainer", "guest", "group/guest");
    state.project("group/unlicensed").licensed = false;
    state.deleteUrlConfiguration(agentOf("deleted"));
    const refreshed = await stack.refresh({ expectFailure: true });
    const key = configKey("gitlab:token");
    const hidden = new RegExp(
      `answered 404: .*GitLab shows this credential no project .*still in the state.*it came from \`${key}\` in the stack`,
    );
    for (const kind of ALL) expect(errorOf(refreshed, `hidden-${kind}`)).toMatch(hidden);
    expect(errorOf(refreshed, "unlicensed-config")).toMatch(/GitLab answers 404 for every URL configuration.*Ultimate/);
    for (const fate of ["hidden", "guest", "unlicensed"] as const) expect([fate, held(fate)]).toEqual([fate, ALL]);
    expect(refreshed.changes).toMatchObject({ delete: 1 });
    expect(held("deleted")).toEqual(["agent", "token"]);
    expect(await stack.outputs()).toEqual(outputs);

    state.project("group/unlicensed").licensed = true;
    state.deleteAgent(agentOf("deleted"));
    const destroyed = await stack.destroy({ expectFailure: true, continueOnError: true });
    for (const kind of ["config", "token"]) {
      expect(errorOf(destroyed, `hidden-${kind}`)).toMatch(hidden);
      const guest = new RegExp(`answered 403: .*role Maintainer.*\`${key}\` in the stack`);
      expect(errorOf(destroyed, `guest-${kind}`)).toMatch(guest);
    }
    for (const fate of ["hidden", "guest"] as const) expect([fate, held(fate)]).toEqual([fate, ALL]);
    for (const fate of ["unlicensed", "deleted"] as const) expect([fate, held(fate)]).toEqual([fate, []]);

    for (const fate of ["hidden", "guest"]) state.setRole("maintainer", "maintainer", `group/${fate}`);
    state.deleteAgent(agentOf("hidden"));
    const gone = await stack.destroy();
    expect(gone.changes).toMatchObject({ delete: 7 });
    expect([held("hidden"), held("guest"), state.agents]).toEqual([[], [], []]);
  });
});

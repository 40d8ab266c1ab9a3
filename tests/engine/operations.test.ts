import * as pulumi from "@pulumi/pulumi";
import { AgentToken, ClusterAgent, ReceptiveUrlConfig } from "pulumi-gitlab-agent";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { withStack, type EngineRun } from "../support/engine";

const DAY = 24 * 60 * 60 * 1000;
let simulator: Simulator;
let daysAgo = () => 0;
beforeAll(async () => {
  simulator = await startSimulator({ clock: () => Date.now() - daysAgo() * DAY });
});
afterAll(() => simulator.close());

const url = "grpcs://agent.example.com:443";
const CREATE_FIRST = ["create-replacement", "replace", "delete-replaced"];
const DELETE_FIRST = ["delete-replaced", "replace", "create-replacement"];

/** The writes to an agent: `POST /tokens`, `DELETE`, … */
const writes = (agentId: number) =>
  simulator.requests.flatMap(({ method, path }) => {
    const [, id, rest = ""] = /\/cluster_agents\/(\d+)(.*)$/.exec(path) ?? [];
    return method !== "GET" && Number(id) === agentId ? [`${method} ${rest}`.trim()] : [];
  });

const changed = (run: EngineRun) => [...new Set(run.changed.map(({ name }) => name))].sort();

const urn = (kind: "ClusterAgent" | "AgentToken" | "ReceptiveUrlConfig", name: string) =>
  `urn:pulumi:dev::test::pulumi-nodejs:dynamic/gitlab:${kind}::${name}`;

/** After how many days the tokens of three agents are due. */
interface Days {
  young: number;
  old: number;
  full: number;
}

/** The differences between the updates. */
interface Phase {
  days: Days;
  trigger?: string;
  ignored?: string;
  protected?: string;
  targeted?: string;
  renamed?: boolean;
  withRemoved?: boolean;
}

const replacedByAge = (run: EngineRun) =>
  run.steps
    .filter(({ op, keys }) => op === "replace" && keys.includes("rotateAfterDays"))
    .map(({ name, keys }) => `${name} for ${keys.join()}`)
    .sort();

test("--refresh, --target, --replace, protect, retainOnDelete, ignoreChanges, aliases, deletedWith; rotations by age, and another number of days", async () => {
  const { state } = simulator;
  const there = Object.fromEntries(
    ["by-hand", "one", "other", "forced", "protected", "retained", "ignored", "renamed", "config", "lone"].map(
      (name) => [name, { project: 101, agentId: state.createAgent(101, `there-${name}`).id }],
    ),
  ) as Record<string, { project: number; agentId: number }>;
  const at = (name: string) => there[name] ?? { project: 0, agentId: 0 };

  const made = (name: string) => state.createAgent(101, name).id;
  const aging = { young: made("young"), old: made("old"), full: made("full") };
  const foreign = state.createToken(aging.full, "somebody's");

  const program = (phase: Phase) => () => {
    const aged = (name: keyof Days) => ({
      project: "group/app",
      agentId: aging[name],
      rotateAfterDays: phase.days[name],
    });
    const old = new AgentToken("old", aged("old"));
    for (const name of ["young", "full"] as const) new AgentToken(name, aged(name), { dependsOn: old });

    const month = (value = "11") => ({ rotationTriggers: { month: value } });
    new AgentToken("by-hand", at("by-hand"));
    new AgentToken("one", { ...at("one"), ...month(phase.targeted) });
    new AgentToken("other", { ...at("other"), ...month(phase.targeted) });
    new AgentToken("forced", at("forced"));
    new ReceptiveUrlConfig("config", { ...at("config"), url }, { deleteBeforeReplace: true });
    new ReceptiveUrlConfig("lone", { ...at("lone"), url });
    const yielding = new ClusterAgent("yielding", { project: 101 }, { deleteBeforeReplace: true });
    new AgentToken("yielding-token", { project: yielding.project, agentId: yielding.agentId });
    new ClusterAgent("stubborn", { project: 101 });
    new AgentToken("protected", { ...at("protected"), ...month(phase.protected) }, { protect: true });
    new AgentToken("retained", { ...at("retained"), ...month(phase.trigger) }, { retainOnDelete: true });
    new AgentToken("ignored", { ...at("ignored"), ...month(phase.ignored) }, { ignoreChanges: ["rotationTriggers"] });
    if (phase.renamed !== true) {
      new AgentToken("renamed", at("renamed"));
      new ClusterAgent("renamed-agent", { project: 101 });
      new ReceptiveUrlConfig("moved", { ...at("renamed"), url });
    } else {
      const parent = new pulumi.ComponentResource("test:index:Parent", "parent");
      const [alias, moved] = [(name: string) => ({ aliases: [{ name }] }), { parent: pulumi.rootStackResource }];
      new AgentToken("renamed-now", at("renamed"), alias("renamed"));
      new ClusterAgent("renamed-agent-now", { project: 101 }, alias("renamed-agent"));
      new ReceptiveUrlConfig("moved", { ...at("renamed"), url }, { parent, aliases: [moved] });
    }
    if (phase.withRemoved === true) {
      const kept = new ClusterAgent("kept", { project: 101 }, { retainOnDelete: true });
      new AgentToken("kept-token", { project: kept.project, agentId: kept.agentId }, { retainOnDelete: true });
      const owner = new ClusterAgent("owner", { project: 101 });
      const owned = { project: owner.project, agentId: owner.agentId };
      new AgentToken("owned", owned, { deletedWith: owner });
      new ReceptiveUrlConfig("owned-config", { ...owned, url }, { deletedWith: owner });
    }
    return Promise.resolve({});
  };
  const all = (days: number): Days => ({ young: days, old: days, full: days });
  const config = {
    "gitlab:baseUrl": simulator.url,
    "gitlab:token": { value: simulator.tokens["maintainer"] ?? "", secret: true },
  };
  await withStack({ config, program: program({ days: all(90), withRemoved: true }) }, async (stack) => {
    // The other two are created once the old one exists, three weeks later.
    daysAgo = () => (state.activeTokens(aging.old).length === 0 ? 31 : 10);
    await stack.up();
    const ages = ["old", "young", "full"].map((name) => {
      const { createdAt } = state.activeTokens().find((token) => token.name === name)!;
      return Math.round((Date.now() - createdAt) / DAY);
    });
    expect(ages).toEqual([31, 10, 10]);
    const [kept, owner] = [state.agent("kept").id, state.agent("owner").id];

    // By age: two of three tokens are due, and one of them while both slots are taken. The tokens are listed to count free slots, and
    // the one that takes the slot is read for the warning.
    daysAgo = () => 0;
    stack.program = program({ days: { young: 30, old: 30, full: 7 }, withRemoved: true });
    simulator.requests.length = 0;
    const due = await stack.preview();
    expect(changed(due)).toEqual(["full", "old"]);
    expect(replacedByAge(due)).toEqual(["full for rotateAfterDays", "old for rotateAfterDays"]);
    expect(due.output).toMatch(/warning: token \d+ "full" .*no free slot.*somebody's.*deleteBeforeReplace: false/);
    const asked = simulator.requests.map(
      ({ method, path }) => `${method} ${path.replace(/^.*\/cluster_agents\//, "")}`,
    );
    expect(asked.sort()).toEqual(
      [`GET ${aging.old}/tokens`, `GET ${aging.full}/tokens`, `GET ${aging.full}/tokens/${foreign.id}`].sort(),
    );

    // Only the new number of days counts: after 10 days, a token with 7 days is due; after 31 days, one with 90 is not.
    const days = { young: 90, old: 90, full: 7 };

    // --refresh finds the token that was revoked by hand, and the same update creates it again. A resource that is renamed with an
    // alias does not change, not even its default name. An ignored change does not rotate; a retained token is not revoked; a
    // resource that is deleted with its agent needs no request of its own.
    state.revokeToken(state.activeTokens(at("by-hand").agentId)[0]?.id ?? 0);
    const [retained] = state.activeTokens(at("retained").agentId);
    stack.program = program({ days, trigger: "12", ignored: "12", renamed: true });
    simulator.requests.length = 0;
    const refreshed = await stack.up({ refresh: true });
    expect(changed(refreshed)).toEqual([
      "by-hand",
      "full",
      "kept",
      "kept-token",
      "owned",
      "owned-config",
      "owner",
      "parent",
      "retained",
    ]);
    expect(replacedByAge(refreshed)).toEqual(["full for rotateAfterDays"]);
    expect(refreshed.ops("full").filter((op) => !["same", "refresh"].includes(op))).toEqual(DELETE_FIRST);
    expect(
      state
        .activeTokens(aging.full)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(["full", "somebody's"]);
    expect(state.activeTokens(aging.full)).toContain(foreign);
    expect(writes(at("by-hand").agentId)).toEqual(["POST /tokens"]);
    expect(writes(at("ignored").agentId)).toEqual([]);
    expect(writes(at("renamed").agentId)).toEqual([]);
    expect(refreshed.ops("renamed-now").concat(refreshed.ops("renamed-agent-now"), refreshed.ops("moved"))).toEqual(
      expect.not.arrayContaining(["create", "replace"]),
    );
    expect(state.agent("renamed-agent").name).toBe("renamed-agent");
    expect(writes(at("retained").agentId)).toEqual(["POST /tokens"]);
    expect(state.activeTokens(at("retained").agentId)).toContain(retained);
    expect(writes(kept)).toEqual([]);
    expect(state.activeTokens(kept)).toHaveLength(1);
    expect(writes(owner)).toEqual(["DELETE"]);
    expect(state.agents.some(({ id }) => id === owner)).toBe(false);

    // --target rotates only the named token.
    const now: Phase = { days, trigger: "12", ignored: "12", renamed: true, targeted: "12" };
    stack.program = program(now);
    simulator.requests.length = 0;
    const targeted = await stack.up({ target: [urn("AgentToken", "one")] });
    expect(changed(targeted)).toEqual(["one"]);
    expect(targeted.ops("one")).toEqual(CREATE_FIRST);
    expect(writes(at("other").agentId)).toEqual([]);

    // --replace: a token is created first; resources that would collide with their successor are deleted first, as declared.
    // Without that option the new object collides with the old one, and the error says what to do.
    const [forced, yielding] = [state.activeTokens(at("forced").agentId)[0], state.agent("yielding").id];
    const [stubborn, lone] = [state.agent("stubborn").id, state.urlConfigurations.length];
    simulator.requests.length = 0;
    const replaced = await stack.up({
      replace: [
        urn("AgentToken", "forced"),
        urn("ReceptiveUrlConfig", "config"),
        urn("ClusterAgent", "yielding"),
        urn("ClusterAgent", "stubborn"),
        urn("ReceptiveUrlConfig", "lone"),
      ],
      continueOnError: true,
      expectFailure: true,
    });
    const colliding = ["config", "forced", "lone", "other", "stubborn", "yielding", "yielding-token"];
    expect(changed(replaced)).toEqual(colliding);
    expect(replaced.ops("forced")).toEqual(CREATE_FIRST);
    expect(writes(at("forced").agentId)).toEqual(["POST /tokens", `DELETE /tokens/${forced?.id}`]);
    for (const name of ["config", "yielding", "yielding-token"]) expect(replaced.ops(name)).toEqual(DELETE_FIRST);
    expect(writes(at("config").agentId).map((line) => line.split("/")[0])).toEqual(["DELETE ", "POST "]);
    expect(state.agent("yielding").id).not.toBe(yielding);
    expect(state.activeTokens(state.agent("yielding").id)).toHaveLength(1);

    expect(replaced.output).toMatch(/Could not register agent "stubborn".*`deleteBeforeReplace: true`/);
    expect(replaced.output).toMatch(/Could not create the URL configuration of agent.*`deleteBeforeReplace: true`/);
    expect([...writes(stubborn), ...writes(at("lone").agentId)]).toEqual([]);
    expect([state.agent("stubborn").id, state.urlConfigurations.length]).toEqual([stubborn, lone]);

    // protect: the engine refuses before anything is written.
    stack.program = program({ ...now, protected: "12" });
    simulator.requests.length = 0;
    const guarded = await stack.up({ expectFailure: true });
    expect(guarded.output).toMatch(/protect/);
    expect(writes(at("protected").agentId)).toEqual([]);
    expect(state.activeTokens(at("protected").agentId)).toHaveLength(1);

    stack.program = program(now);
    expect((await stack.preview()).changed).toEqual([]);
  });
});

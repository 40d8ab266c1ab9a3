import { AgentToken, ClusterAgent, ReceptiveUrlConfig } from "pulumi-gitlab-agent";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { certificateAuthority } from "../support/certificates";
import { withStack, type EngineRun } from "../support/engine";
import { all, ops, unknownInputs } from "./unknownInputs";

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());

const config = () => ({
  "gitlab:baseUrl": simulator.url,
  "gitlab:token": { value: simulator.tokens["maintainer"] ?? "", secret: true },
});

/** The writes to these agents, in order: `POST /tokens`, `DELETE /url_configurations/1`, … */
const writes = (...agentIds: number[]) =>
  simulator.requests.flatMap(({ method, path }) => {
    const [, agentId, rest = ""] = /\/cluster_agents\/(\d+)(.*)$/.exec(path) ?? [];
    return method !== "GET" && agentIds.includes(Number(agentId)) ? [`${method} ${rest}`] : [];
  });

const agent = (name: string) => simulator.state.createAgent(101, name).id;
const url = "grpcs://agent.example.com:443";

const DELETE_FIRST = ["delete-replaced", "replace", "create-replacement"];

/** The diagnostics about a resource, each once. */
const diagnosticsOf = (run: EngineRun, name: string) =>
  [
    ...new Set(
      run.events.flatMap(({ diagnosticEvent: said }) =>
        said?.urn?.endsWith(`::${name}`) === true ? [said.message] : [],
      ),
    ),
  ]
    .join("\n")
    .trim();

/** Replacements that delete first, and children of an agent that is missing. */
function deletedFirst() {
  const [full, blueGreen, asTold] = ["full", "blue-green", "as-told"].map(agent) as [number, number, number];
  const [here, there] = [agent("here"), agent("there")];
  const foreign = simulator.state.createToken(full, "somebody's");
  const first = { deleteBeforeReplace: true };
  const declare = (when: "before" | "after") => {
    const rotationTriggers = { when };
    new AgentToken("full", { project: 101, agentId: full, rotationTriggers });
    new AgentToken("blue", { project: 101, agentId: blueGreen, rotationTriggers });
    new AgentToken("green", { project: 101, agentId: blueGreen, rotationTriggers });
    new AgentToken("as-told", { project: 101, agentId: asTold, rotationTriggers }, first);
    new ReceptiveUrlConfig("moving", { project: 101, agentId: when === "before" ? here : there, url }, first);
    const parent = new ClusterAgent("parent", { project: 101, name: `parent-${when}` }, first);
    const child = { project: parent.project, agentId: parent.agentId };
    new AgentToken("parent-token", child);
    new ReceptiveUrlConfig("parent-config", { ...child, url });
    if (when === "after") return;
    const lost = new ClusterAgent("lost", { project: 101 });
    new AgentToken("lost-token", { project: lost.project, agentId: lost.agentId });
    new ReceptiveUrlConfig("lost-config", { project: lost.project, agentId: lost.agentId, url });
  };
  return { declare, full, blueGreen, asTold, here, there, foreign };
}

/** Replacements that find no slot in the update, although there was one in the plan. */
function slotsTaken() {
  const [shared, pair, kept, receptive] = ["shared", "pair", "kept", "receptive"].map(agent) as [
    number,
    number,
    number,
    number,
  ];
  const foreign = simulator.state.createToken(kept, "by-hand", null, 2);
  simulator.state.markTokenUsed(foreign.id, Date.parse("2026-01-02T03:04:05.678Z"));
  const declare = (when: "before" | "third" | "rest") => {
    const rotated = (name: string, agentId: number, after: string[], opts = {}) =>
      new AgentToken(
        name,
        { project: 101, agentId, rotationTriggers: { when: after.includes(when) ? "after" : "before" } },
        opts,
      );
    const one = rotated("one", shared, ["third", "rest"]);
    if (when !== "before") rotated("third", shared, [], { dependsOn: one });
    const left = rotated("left", pair, ["rest"]);
    rotated("right", pair, ["rest"], { dependsOn: left });
    rotated("kept", kept, ["rest"], { deleteBeforeReplace: false });
    new ReceptiveUrlConfig(
      "receptive",
      { project: 101, agentId: receptive, url: when === "rest" ? "grpc://other.example.com:80" : url },
      { deleteBeforeReplace: false },
    );
  };
  return { declare, shared, pair, kept, receptive, foreign };
}

// All in one stack: a step that changes some of it leaves the rest as it is.
test("delete first: both slots taken, two tokens at once, or as declared; children of a missing agent; a slot that was free in the plan and is taken in the update; inputs that are unknown in a preview: no request, no false error, and the right steps", async () => {
  const { state } = simulator;
  const [first, slots] = [deletedFirst(), slotsTaken()];
  const { full, blueGreen, asTold, here, there } = first;
  const { shared, pair, kept, receptive } = slots;
  const declareUnknown = unknownInputs(simulator, await (await certificateAuthority()).issue());
  const program =
    (
      when: Parameters<typeof first.declare>[0],
      slot: Parameters<typeof slots.declare>[0],
      source: "source-a" | "source-b" | "source-c",
    ) =>
    async () => {
      first.declare(when);
      slots.declare(slot);
      declareUnknown("one", source, source === "source-c");
      // The other part is new when the source is replaced.
      if (source !== "source-a") declareUnknown("new", "source-new");
      return {};
    };
  await withStack({ config: config(), program: program("before", "before", "source-a") }, async (stack) => {
    await stack.up();
    const [parentBefore, lost] = [state.agent("parent-before").id, state.agent("lost").id];
    const tokenOf = (agentId: number, name: string) =>
      state.activeTokens(agentId).find((token) => token.name === name)?.id;
    const old = {
      full: tokenOf(full, "full"),
      blue: tokenOf(blueGreen, "blue"),
      green: tokenOf(blueGreen, "green"),
      asTold: tokenOf(asTold, "as-told"),
      moving: state.urlConfigurations.find(({ agentId }) => agentId === here)?.id,
      child: tokenOf(parentBefore, "parent-token"),
      childConfig: state.urlConfigurations.find(({ agentId }) => agentId === parentBefore)?.id,
    };
    const [replaced] = state.activeTokens(shared);

    // Unknown inputs: one part exists and its source is replaced; the other part is new.
    stack.program = program("before", "before", "source-b");
    simulator.requests.length = 0;
    const preview = await stack.preview();
    expect(simulator.requests).toEqual([]);
    expect(ops(preview, "new")).toEqual(all(preview, "one", "create"));
    const createFirst = "create-replacement replace delete-replaced";
    const deleteFirst = "delete-replaced replace create-replacement";
    expect(ops(preview, "one")).toEqual({
      ...all(preview, "one", createFirst),
      "config-url": deleteFirst,
      "config-host": deleteFirst,
      "same-pair": deleteFirst,
      "same-key": deleteFirst,
    });

    // A new third token, while the replaced token still exists.
    stack.program = program("before", "third", "source-a");
    simulator.requests.length = 0;
    const failed = await stack.up({ expectFailure: true });
    const [, fresh] = state.activeTokens(shared);
    const line = (token: typeof replaced, use: string) =>
      `token ${token?.id} "${token?.name}" (created ${new Date(token?.createdAt ?? 0).toISOString()} by user ${token?.createdByUserId}, ${use})`;
    for (const part of [
      `Could not create token "third" of agent ${shared} in project 101`,
      "An agent can have only two active tokens at a time",
      line(replaced, "never used"),
      line(fresh, "never used"),
      "None of them was touched",
      "`pulumi up --target",
    ]) {
      expect(diagnosticsOf(failed, "third")).toContain(part);
    }
    expect(diagnosticsOf(failed, "third")).not.toMatch(/glagent-|glpat-|\n/);
    expect(writes(shared)).toEqual(["POST /tokens", "POST /tokens"]);
    expect(state.activeTokens(shared)).toHaveLength(2);

    // The next step that the error names.
    const urn = failed.steps.find(({ name }) => name === "one")?.urn ?? "";
    await stack.up({ target: [urn] });
    expect(writes(shared).slice(2)).toEqual([`DELETE /tokens/${replaced?.id}`]);

    state.deleteAgent(lost);
    simulator.requests.length = 0;
    stack.program = program("after", "third", "source-b");
    const up = await stack.up();

    for (const name of ["full", "blue", "green", "as-told", "moving", "parent", "parent-token", "parent-config"]) {
      expect(up.ops(name).filter((op) => op !== "same")).toEqual(DELETE_FIRST);
    }
    expect(writes(full)).toEqual([`DELETE /tokens/${old.full}`, "POST /tokens"]);
    // Each of the two is revoked before it is created again, so neither exceeds the limit.
    expect(writes(blueGreen).sort()).toEqual(
      [`DELETE /tokens/${old.blue}`, `DELETE /tokens/${old.green}`, "POST /tokens", "POST /tokens"].sort(),
    );
    expect(
      simulator.requests.filter((r) => r.path.includes(`/cluster_agents/${blueGreen}/`)).map(({ status }) => status),
    ).not.toContain(400);
    expect(writes(asTold)).toEqual([`DELETE /tokens/${old.asTold}`, "POST /tokens"]);
    expect(writes(here, there)).toEqual([`DELETE /url_configurations/${old.moving}`, "POST /url_configurations"]);

    // The children are deleted before the agent, the old agent before the new one is created, the new one before its children.
    const parentAfter = state.agent("parent-after").id;
    const family = simulator.requests.filter(
      ({ method, path, body }) =>
        method !== "GET" &&
        (new RegExp(`/cluster_agents/(${parentBefore}|${parentAfter})(/|$)`).test(path) ||
          /parent-after/.test(body ?? "")),
    );
    const lines = family.map(({ method, path }) => `${method} ${path.replace(/^.*\/cluster_agents/, "")}`);
    expect(lines.slice(0, 2).sort()).toEqual([
      `DELETE /${parentBefore}/tokens/${old.child}`,
      `DELETE /${parentBefore}/url_configurations/${old.childConfig}`,
    ]);
    expect(lines.slice(2, 4)).toEqual([`DELETE /${parentBefore}`, "POST "]);
    expect(lines.slice(4).sort()).toEqual([`POST /${parentAfter}/tokens`, `POST /${parentAfter}/url_configurations`]);

    // The missing agent and its children are gone already, so their deletions succeed.
    expect(up.ops("lost-token").concat(up.ops("lost-config"), up.ops("lost"))).toEqual(["delete", "delete", "delete"]);
    const refused = simulator.requests.filter(
      ({ method, path }) => method === "DELETE" && `${path}/`.includes(`/cluster_agents/${lost}/`),
    );
    expect(refused.map(({ status }) => status)).toEqual([404, 404, 404]);

    expect(state.activeTokens(full).map(({ id }) => id)).toContain(first.foreign.id);
    for (const agentId of [full, blueGreen]) expect(state.activeTokens(agentId)).toHaveLength(2);
    expect(state.activeTokens(shared).map(({ name }) => name)).toEqual(["one", "third"]);

    // All values that were unknown in the preview are known in the update: resources whose values turn out to be equal are not replaced.
    const stayed = ["agent-project", "same-description", "same-project", "same-pair", "same-key"];
    expect(ops(up, "new")).toEqual(all(up, "one", "create"));
    expect(ops(up, "one")).toEqual({
      ...all(up, "one", createFirst),
      "config-url": deleteFirst,
      "config-host": deleteFirst,
      ...Object.fromEntries(stayed.map((name) => [name, "same"])),
    });

    // If the source is deleted first, the engine diffs its dependants with unknown inputs during the update, and all of them are
    // deleted before it.
    stack.program = program("after", "third", "source-c");
    const [tokens, configurations] = [state.activeTokens().length, state.urlConfigurations.length];
    simulator.requests.length = 0;
    const again = await stack.up();
    expect(Object.values(ops(again, "one")).every((of) => of.startsWith("delete-replaced"))).toBe(true);
    expect(ops(again, "new")).toEqual(all(again, "one", "same"));
    const written = simulator.requests.filter(({ method }) => method !== "GET").map(({ method }) => method);
    expect(written.lastIndexOf("DELETE")).toBe(Object.keys(ops(again, "one")).length);
    expect(written.indexOf("POST")).toBe(written.lastIndexOf("DELETE") + 1);
    expect(state.activeTokens()).toHaveLength(tokens);
    expect(state.urlConfigurations).toHaveLength(configurations);
    expect((await stack.preview({ expectNoChanges: true })).changed).toEqual([]);

    // Two tokens of one agent are replaced at once after one was revoked by hand, so each sees a free slot; and the program
    // declares `deleteBeforeReplace: false`, which takes precedence.
    const [left, right] = state.activeTokens(pair);
    state.revokeToken(right?.id ?? 0);
    const [, mine] = state.activeTokens(kept);
    const configuration = state.urlConfigurations.find(({ agentId }) => agentId === receptive);
    stack.program = program("after", "rest", "source-c");
    simulator.requests.length = 0;
    const rest = await stack.up({ expectFailure: true, continueOnError: true });
    expect(diagnosticsOf(rest, "right")).toContain(`Could not create token "right" of agent ${pair}`);
    expect(diagnosticsOf(rest, "right")).toContain(line(left, "never used"));
    expect(diagnosticsOf(rest, "kept")).toContain(
      `token ${slots.foreign.id} "by-hand" (created ${new Date(slots.foreign.createdAt).toISOString()} by user 2, last used 2026-01-02T03:04:05.678Z)`,
    );
    expect(diagnosticsOf(rest, "kept")).toContain(line(mine, "never used"));
    expect(diagnosticsOf(rest, "kept")).toContain("`deleteBeforeReplace: true`");
    expect(writes(kept)).toEqual(["POST /tokens"]);
    expect(diagnosticsOf(rest, "receptive")).toMatch(
      new RegExp(`has URL configuration ${configuration?.id} for ${url}.*deleteBeforeReplace: true`),
    );
    expect(writes(receptive)).toEqual([]);
    expect(state.urlConfigurations.filter(({ agentId }) => agentId === receptive)).toEqual([configuration]);
  });
});

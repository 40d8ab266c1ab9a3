import { startSimulator } from "pulumi-gitlab-agent/simulator";
import { firstUse } from "../../provider/creation/tokenUse";
import { agentConnection, configured, isNative, refused, UNKNOWN } from "./doors";
import { Bench, messageOf } from "./repairs";

const door = agentConnection;
const bench = new Bench();
beforeAll(() => bench.open());
afterAll(() => bench.simulator.close());
beforeEach(async () => {
  bench.clear();
  bench.clock.infos.length = 0;
  bench.clock.slept.length = 0;
  bench.simulator.state.setRole("maintainer", "maintainer");
  await configured(bench.simulator);
});

const state = () => bench.simulator.state;
const never = new Promise<void>(() => undefined);

/** An agent with a token that was never used, and the wait for its use. */
function unused(values: Record<string, string> = {}, timeout = 600) {
  const agent = state().createAgent(101, bench.name());
  const token = state().createToken(agent.id, "blue");
  const wait = (cancelled = never) => {
    const operation = bench
      .client(values)
      .begin(`see agent ${agent.id} of project group/app use token ${token.id}`, timeout);
    return firstUse(operation, { project: "group/app", agentId: agent.id, tokenId: token.id, timeout }, cancelled);
  };
  const polls = () => bench.requestLines("GET").filter((line) => line.endsWith(`/tokens/${token.id}`)).length;
  return { agent, token, wait, polls };
}

const USED = "2026-01-02T03:04:05.678Z";
const use = (tokenId: number) => state().markTokenUsed(tokenId, Date.parse(USED));

describe("the wait for the first use", () => {
  test("a token that is already used: one request, and no wait", async () => {
    const { token, wait, polls } = unused();
    use(token.id);
    expect(await wait()).toBe(USED);
    expect(polls()).toBe(1);
    expect(bench.clock.slept).toEqual([]);
  });

  test("a token that is used later: polls at intervals that grow from 2 to 15 s; progress is shown at the start and about every 30 s", async () => {
    const { agent, token, wait, polls } = unused();
    bench.clock.later(100_000, () => use(token.id));
    const startedAt = bench.clock.now();
    expect(await wait()).toBe(USED);
    const waits = bench.clock.slept;
    expect(waits.slice(0, 7)).toEqual([2000, 3000, 4500, 6750, 10_125, 15_000, 15_000]);
    expect(Math.max(...waits)).toBe(15_000);
    expect(polls()).toBe(waits.length + 1);
    expect(bench.clock.now() - startedAt).toBeLessThan(120_000);
    const [first = "", ...later] = bench.clock.infos;
    expect(first).toBe(
      `waiting until agent ${agent.id} of project group/app has used token ${token.id}, for at most 600 s`,
    );
    expect(later).toHaveLength(2);
    expect(later[0]).toMatch(/has not used token \d+ yet: waiting since 4\d s, 55\d s left$/);
  });

  test("a token that is never used: an error at the limit that names what to check and says that nothing was revoked", async () => {
    // The wait has its own limit, `timeout`, which is independent of `operationTimeout`.
    const { agent, token, wait } = unused({ operationTimeout: "5" }, 60);
    const startedAt = bench.clock.now();
    const message = await messageOf(wait());
    const elapsed = bench.clock.now() - startedAt;
    expect(elapsed).toBeGreaterThan(58_000);
    expect(elapsed).toBeLessThan(62_000);
    for (const part of [
      `Could not see agent ${agent.id} of project group/app use token ${token.id}: GitLab saw no use of the token within 60 s`,
      "Nothing was revoked",
      "`Unauthenticated`",
      "an address that cannot be reached",
      "KAS address",
      "name of the Secret",
      "run `pulumi up` again: it continues to wait",
      "`timeout`",
    ])
      expect(message).toContain(part);
    expect(message).not.toMatch(/\n|glagent-|glpat-/);
    expect(
      state()
        .activeTokens(agent.id)
        .map(({ id }) => id),
    ).toEqual([token.id]);
  });

  test.each([
    ["revoked", (tokenId: number) => state().revokeToken(tokenId)],
    ["gone with its agent", (_: number, agentId: number) => state().deleteAgent(agentId)],
  ])("%s during the wait: an error at once", async (_, happen) => {
    const { agent, token, wait } = unused();
    bench.clock.later(20_000, () => happen(token.id, agent.id));
    const startedAt = bench.clock.now();
    const message = await messageOf(wait());
    expect(message).toMatch(
      /answered 404.*is not active: it was revoked, or its agent was deleted.*Nothing was revoked/,
    );
    expect(bench.clock.now() - startedAt).toBeLessThan(40_000);
  });

  test("a hidden project is not reported as gone: the error names the access that the credential lacks", async () => {
    const { wait } = unused();
    bench.clock.later(20_000, () => state().setRole("maintainer", "none"));
    expect(await messageOf(wait())).toMatch(/shows this credential no project.*Nothing was revoked/);
  });

  test.each([
    ["503 for a while", { kind: "status", status: 503, times: 20 } as const],
    ["429", { kind: "status", status: 429, headers: { "Retry-After": "20" }, times: 3 } as const],
    ["a lost answer", { kind: "commitThenDrop", times: 2 } as const],
    ["a cut body", { kind: "cutBody", times: 2 } as const],
    ["a 404 for a token that the list shows", { kind: "status", status: 404, times: 1 } as const],
  ])("%s: the next poll continues", async (_, rule) => {
    const { token, wait } = unused();
    bench.simulator.faults.add({ ...rule, method: "GET", path: "/**/tokens/*" });
    bench.clock.later(200_000, () => use(token.id));
    expect(await wait()).toBe(USED);
    expect(bench.simulator.faults.list().map(({ remaining }) => remaining)).toEqual([0]);
  });

  test("GitLab is down until the limit: the error has its status and says that nothing was revoked", async () => {
    const { wait } = unused({}, 60);
    bench.simulator.faults.add({ kind: "status", status: 503, method: "GET", path: "/**/tokens/*", times: Infinity });
    expect(await messageOf(wait())).toMatch(/503.*Nothing was revoked.*next `pulumi up` continues to wait/);
  });

  test("a cancelled update ends the wait at once", async () => {
    const { wait } = unused();
    let cancel = (): void => undefined;
    const cancelled = new Promise<void>((resolve) => (cancel = resolve));
    bench.clock.later(20_000, () => cancel());
    const startedAt = bench.clock.now();
    expect(await messageOf(wait(cancelled))).toMatch(
      /the update was cancelled.*Nothing was revoked.*`pulumi up` again/,
    );
    expect(bench.clock.now() - startedAt).toBeLessThan(40_000);
  });

  test("a project that moves during the wait is found by its number", async () => {
    const { token, wait } = unused();
    bench.clock.later(20_000, () => {
      state().renameProject("group/app", "elsewhere/app", { redirect: false });
      use(token.id);
    });
    try {
      expect(await wait()).toBe(USED);
    } finally {
      state().renameProject("elsewhere/app", "group/app");
    }
  });
});

describe("the lifecycle", () => {
  const good = { project: "group/app", agentId: 7, tokenId: 21 };

  test("accepted and refused inputs", async () => {
    for (const more of [{}, { timeout: 1 }, { timeout: 86_400 }, { agentId: "7" }, { tokenId: UNKNOWN }]) {
      expect(await refused(door, { ...good, ...more })).toEqual([]);
    }
    for (const [more, message] of [
      [{ project: "" }, /`project` is empty/],
      [{ agentId: 0 }, /`agentId` is not a positive whole number/],
      [{ tokenId: "x" }, /`tokenId` is not a positive whole number; expected the token's numeric id/],
      [{ tokenId: undefined }, /`tokenId` is missing/],
      [{ timeout: 0 }, /`timeout` is not a number of seconds from 1 to 86400/],
      [{ timeout: "10 min" }, /`timeout` is not a number of seconds/],
      [{ timout: 10 }, /`timout` is not an argument of AgentConnection. Did you mean `timeout`\?/],
      [
        { importId: "group/app:7:21" },
        isNative() ? /run `pulumi import`/ : /`import` does not apply.*Remove the option `import`/,
      ],
    ] as const) {
      const [reason = "", ...others] = await refused(door, { ...good, ...more });
      expect(reason).toMatch(message);
      expect(others).toEqual([]);
    }
    const { inputs } = (await door.check({}, { ...good, agentId: "7", tokenId: "21", timeout: null })) as {
      inputs: object;
    };
    expect(inputs).toEqual(good);
  });

  test.each([
    ["nothing", {}, []],
    ["the timeout", { timeout: 5 }, []],
    ["the spelling of the project", { project: "Group%2Fapp" }, []],
    ["the token", { tokenId: 22 }, ["tokenId"]],
    ["the agent", { agentId: 8, tokenId: 22 }, ["agentId", "tokenId"]],
    ["the project", { project: 102 }, ["project"]],
    ["a token that is not known yet", { tokenId: UNKNOWN }, ["tokenId"]],
  ])("a change of %s", async (_, news, replaces) => {
    const olds = { ...good, lastUsedAt: USED, projectId: 101 };
    const result = await door.diff("group/app:7:21", olds, { ...good, ...news });
    expect(result.changes).toBe(replaces.length > 0);
    expect(result.replaces ?? []).toEqual(replaces);
    expect(result.deleteBeforeReplace ?? false).toBe(false);
    expect(bench.requestLines()).toEqual([]);
  });

  test("created, refreshed and looked up; removed from the state if the token is gone; a deletion sends nothing", async () => {
    const agent = state().createAgent(101, bench.name());
    const token = state().createToken(agent.id, "blue");
    use(token.id);
    const { id, outs } = await door.create({
      project: "group/app",
      agentId: agent.id,
      tokenId: token.id,
      __provider: "t",
    });
    expect(id).toBe(`group/app:${agent.id}:${token.id}`);
    expect(outs).toMatchObject({ project: "group/app", agentId: agent.id, tokenId: token.id, lastUsedAt: USED });
    // `lastUsedAt` keeps the first use, although GitLab has a later one by now.
    state().markTokenUsed(token.id);
    expect(await door.read(id, outs)).toMatchObject({ id, props: { lastUsedAt: USED, tokenId: token.id } });
    expect(await door.read(id, {})).toMatchObject({ id, props: { project: "group/app", tokenId: token.id } });
    bench.clear();
    await door.delete(id, outs);
    expect(bench.requestLines()).toEqual([]);
    expect(
      state()
        .activeTokens(agent.id)
        .map(({ id }) => id),
    ).toEqual([token.id]);
    state().setRole("maintainer", "none");
    expect(await messageOf(door.read(id, outs) as Promise<unknown>)).toMatch(
      /shows this credential no project.*still in the state/,
    );
    state().setRole("maintainer", "maintainer");
    state().revokeToken(token.id);
    expect(await door.read(id, outs)).toEqual({});
    expect(await messageOf(door.read(id, {}) as Promise<unknown>)).toMatch(/has no active token/);
  });

  test("two waits in one process run independently", async () => {
    const simulator = await startSimulator();
    try {
      await configured(simulator, { operationTimeout: "1" });
      const agent = simulator.state.createAgent(101, "a");
      const one = simulator.state.createToken(agent.id, "one");
      const two = simulator.state.createToken(agent.id, "two");
      simulator.state.markTokenUsed(two.id);
      const inputs = { project: 101, agentId: agent.id, timeout: 20 };
      const [first, second] = [one, two].map(({ id }) => door.create({ ...inputs, tokenId: id }));
      await second;
      simulator.state.markTokenUsed(one.id);
      expect((await first)?.id).toBe(`101:${agent.id}:${one.id}`);
    } finally {
      await simulator.close();
    }
  });
});

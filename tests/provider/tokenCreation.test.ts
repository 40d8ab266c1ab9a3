import type { AgentRecord, FaultRule } from "../../simulator";
import { holdToken } from "../../provider/ownership/knownTokens";
import { registerAgent } from "../../provider/creation/clusterAgent";
import { createToken } from "../../provider/creation/agentToken";
import { Bench, IN_TIME, LATE, LOSSES, messageOf, patience } from "./repairs";

describe.each([
  ["in step", 0],
  ["an hour ahead", 3_600_000],
  ["an hour behind", -3_600_000],
])("GitLab's clock is %s", (_, clockSkew) => {
  const bench = new Bench();
  beforeAll(() => bench.open({ clockSkew }));
  afterAll(() => bench.simulator.close());
  beforeEach(() => bench.clear());

  const state = () => bench.simulator.state;
  const active = (agent: AgentRecord) =>
    state()
      .activeTokens(agent.id)
      .map(({ id }) => id);
  const wanted = (agent: AgentRecord) => ({ project: 101, agentId: agent.id, name: "blue", description: "why" });
  const create = (agent: AgentRecord, values: Record<string, string> = {}) =>
    createToken(() => bench.begin(`create token "blue" of agent ${agent.id}`, values), wanted(agent));
  const meet = (rule: Omit<FaultRule, "method">, method = "POST") =>
    bench.simulator.faults.add({ path: "/projects/*/cluster_agents/*/tokens", method, ...rule });
  /** An agent that this process registered: nothing can have been on it before. */
  const registered = async () => {
    const made = await registerAgent(() => bench.begin("register"), { project: 101, name: bench.name() });
    bench.simulator.requests.length = 0;
    return state().agent(made.id);
  };
  /** An agent that was there before this process. */
  const existing = () => Promise.resolve(state().createAgent(101, bench.name(), bench.self));
  /** Somebody's token of the same name and description. */
  const foreign = (agent: AgentRecord, by: number | null = bench.self) =>
    state().createToken(agent.id, "blue", "why", by);

  test("a token made between the registration and the lost request may be somebody's own: none is touched", async () => {
    const agent = await registered();
    const [theirs] = [foreign(agent)];
    theirs.createdAt -= 1500;
    meet({ kind: "dropBefore" });
    const told = await messageOf(create(agent));
    expect(told).toMatch(new RegExp(`not certain which .*none was revoked: token ${theirs.id} "blue"`));
    expect(active(agent)).toEqual([theirs.id]);
  });

  describe.each([
    ["registered by this process", registered],
    ["that was there before", existing],
  ])("on an agent %s", (kind, agentOf) => {
    test("without a fault: one POST, and what was there is asked for only where something can have been there", async () => {
      const agent = await agentOf();
      const made = await create(agent);
      expect(active(agent)).toEqual([made.id]);
      const path = `/projects/101/cluster_agents/${agent.id}/tokens`;
      expect(bench.asked()).toEqual([...(kind.includes("before") ? [`GET ${path}`] : []), `POST ${path}`]);
      expect(bench.clock.warned).toEqual([]);
    });

    test.each(IN_TIME)("%s: one token, which is in hand", async (loss) => {
      const agent = await agentOf();
      meet(LOSSES[loss] as FaultRule);
      const made = await create(agent, patience(loss));
      expect(active(agent)).toEqual([made.id]);
      expect(state().tokenBySecret(made.token)).toMatchObject({ id: made.id, status: "active" });
      expect(bench.clock.warned).toEqual([]);
      const revoked = state().tokens.filter(({ agentId, status }) => agentId === agent.id && status === "revoked");
      expect(bench.clock.told).toEqual(
        revoked.map(({ id, createdAt }): unknown =>
          expect.stringMatching(
            new RegExp(
              `^revoked token ${id} "blue" of agent ${agent.id} in project 101, created ${new Date(createdAt).toISOString()}: nobody has its secret, since the response to our request that created it was lost \\((it was created while that request was under way, by our user|the part of that response that arrived contains its id)`,
            ),
          ),
        ),
      );
    });

    test("a try that GitLab carries out after we gave up: its token is not touched, and named", async () => {
      const agent = await agentOf();
      meet(LOSSES[LATE] as FaultRule);
      const made = await create(agent, patience(LATE));
      expect(active(agent)).toContain(made.id);
      expect(state().tokens.filter(({ agentId, status }) => agentId === agent.id && status === "revoked")).toEqual([]);
      expect(bench.clock.warned).toHaveLength(1);
      expect(bench.clock.warned[0]).toContain(`"blue" of agent ${agent.id} was created. A`);
      expect(bench.clock.told).toEqual([]);
    });

    test.each(IN_TIME)("%s, three times over, while the other slot is taken", async (loss) => {
      const agent = await agentOf();
      const other = state().createToken(agent.id, "green", null, bench.self);
      meet({ ...(LOSSES[loss] as FaultRule), times: 3 });
      const made = await create(agent, patience(loss));
      expect(active(agent)).toEqual([other.id, made.id]);
    });

    test.each(IN_TIME)("%s: somebody else's token made meanwhile is not touched", async (loss) => {
      const agent = await agentOf();
      const others = state().user("developer").id;
      bench.meanwhile = () => foreign(agent, others);
      meet({ ...(LOSSES[loss] as FaultRule), probability: 1 });
      const made = await create(agent, patience(loss));
      expect(active(agent)).toHaveLength(2);
      expect(active(agent)).toContain(made.id);
      expect(state().tokens.find((t) => t.agentId === agent.id && t.createdByUserId === others)?.status).toBe("active");
    });

    test.each([
      [504, 1, 150],
      [408, 1, 150],
      [502, 1, 150],
      [500, 2, 600],
      // Another stack's, a second and a half after the first 504.
      [504, 3, 1500],
      [502, 4, 1500],
    ] as const)(
      "a token that comes after the answer %i was lost (%i times, %i ms later) may be somebody's own: named, not touched",
      async (status, times, later) => {
        const agent = await agentOf();
        bench.meanwhile = () => bench.clock.later(later, (late) => void (foreign(agent).createdAt -= late));
        meet({ kind: "status", status, probability: 1, times });
        const made = await create(agent);
        const [theirs] = active(agent);
        expect(active(agent)).toEqual([theirs, made.id]);
        const named = `tokenId\` ${theirs}\\), nobody has its secret: revoke it .* token revoke ${agent.id} ${theirs}`;
        expect(bench.clock.warned).toEqual([
          expect.stringMatching(new RegExp(`Agent ${agent.id} has token ${theirs} "blue", created .*${named}`)),
        ]);
        expect(bench.clock.told).toEqual([]);
      },
    );

    test("the same where the other slot is taken: an error that names it, and nothing is touched", async () => {
      const agent = await agentOf();
      const other = state().createToken(agent.id, "green", null, bench.self);
      bench.meanwhile = () => bench.clock.later(150, (late) => void (foreign(agent).createdAt -= late));
      meet({ kind: "status", status: 504, probability: 1 });
      const told = await messageOf(create(agent));
      const [, theirs] = active(agent);
      expect(active(agent)).toEqual([other.id, theirs]);
      expect(told).toMatch(/answered 400: .*only two active tokens/);
      expect(told).toMatch(
        new RegExp(`None of them was touched. Agent ${agent.id} has token ${theirs} "blue", .*so it was not revoked`),
      );
    });

    test("what comes between two tries, the second of which is lost too, is not touched", async () => {
      const agent = await agentOf();
      // A moment after the first try: in the pause before the second one, which is not carried out either.
      bench.meanwhile = () => bench.clock.later(150, (late) => void (foreign(agent).createdAt -= late));
      meet({ kind: "dropBefore", probability: 1, times: 2 });
      const made = await create(agent);
      expect(active(agent)).toHaveLength(2);
      expect(active(agent)[1]).toBe(made.id);
      expect(bench.clock.told).toEqual([]);
    });

    test("the agent is gone and the creation is answered 500: no such agent", async () => {
      const agent = await agentOf();
      state().deleteAgent(agent.id);
      meet({ kind: "status", status: 500 });
      const told = await messageOf(create(agent));
      expect(told).toContain(`Project 101 has no agent ${agent.id}. Take the id from the ClusterAgent`);
      expect(told).not.toMatch(/member|Beware/);
    });

    test("given up for good, the error names what GitLab may still carry out", async () => {
      const agent = await agentOf();
      meet({ kind: "delayBefore", delay: 60_000 });
      const told = await messageOf(create(agent, { requestTimeout: "0.15", maxRetries: "0" }));
      expect(told).toMatch(/The response to the only try was lost after \d+ s\..*nothing of it has appeared so far/);
      expect(told).toMatch(new RegExp(`If agent ${agent.id} has another active token "blue" created after`));
    });

    test("a refusal after a try that was given up names what that one may leave", async () => {
      const agent = await agentOf();
      meet({ kind: "delayBefore", delay: 60_000 });
      meet({ kind: "status", status: 403, times: Infinity });
      const told = await messageOf(create(agent, { requestTimeout: "0.15" }));
      expect(told).toMatch(/answered 403.*Note: the response to an earlier try was lost\. If agent \d+ has/);
    });

    test("a limit that leaves no time for another try: the error says what was seen", async () => {
      const agent = await agentOf();
      meet({ kind: "status", status: 502, times: Infinity });
      const told = await messageOf(create(agent, { operationTimeout: "3", requestTimeout: "1", maxRetries: "1000" }));
      expect(told).toMatch(/POST \S+ on \S+ was lost \(status 502\)/);
      expect(told).toMatch(/responses to \d+ tries were lost in \d+ s.*limit of 3 s .* leaves no time for another try/);
    });

    test("a token of unknown creator is not ours", async () => {
      const agent = await agentOf();
      bench.meanwhile = () => foreign(agent, null);
      meet({ kind: "commitThenDrop", probability: 1 });
      const made = await create(agent);
      const [somebodys, second] = active(agent);
      expect(second).toBe(made.id);
      expect(state().tokens.find(({ id }) => id === somebodys)?.createdByUserId).toBeNull();
    });

    test("a token of the same user made meanwhile that is in use is not touched", async () => {
      const agent = await agentOf();
      bench.meanwhile = () => state().markTokenUsed(foreign(agent).id);
      meet({ kind: "commitThenDrop", probability: 1 });
      const made = await create(agent);
      expect(active(agent)).toHaveLength(2);
      expect(
        state()
          .activeTokens(agent.id)
          .filter(({ lastUsedAt }) => lastUsedAt !== null),
      ).toHaveLength(1);
      expect(active(agent)).toContain(made.id);
    });

    test("a token of another description is not touched", async () => {
      const agent = await agentOf();
      bench.meanwhile = () => state().createToken(agent.id, "blue", "something else", bench.self);
      meet({ kind: "commitThenDrop", probability: 1 });
      const made = await create(agent);
      expect(state().activeTokens(agent.id)).toMatchObject([{ description: "something else" }, { id: made.id }]);
    });

    test("two that cannot be told apart: none is touched, and both are told with the remedy", async () => {
      const agent = await agentOf();
      bench.meanwhile = () => foreign(agent);
      meet({ kind: "commitThenDrop", probability: 1 });
      const told = await messageOf(create(agent));
      const [one, other] = active(agent);
      expect(active(agent)).toHaveLength(2);
      expect(told).toContain(
        `It is not certain which of these active tokens of agent ${agent.id} the lost request created`,
      );
      for (const id of [one, other])
        expect(told).toMatch(new RegExp(`token ${id} "blue" \\(created .* by user ${bench.self}, never used\\)`));
      expect(told).toMatch(/revoke it in GitLab.*run `pulumi up` again/);
    });

    test("an answer that still shows the id tells them apart", async () => {
      const agent = await agentOf();
      bench.meanwhile = () => foreign(agent);
      meet({ kind: "cutBody", probability: 1 });
      const made = await create(agent);
      expect(active(agent)).toHaveLength(2);
      expect(active(agent)).toContain(made.id);
    });

    test("two tokens of one name at once, with lost answers: two, both in hand", async () => {
      for (const first of [{ kind: "commitThenDrop" }, { kind: "delayAfter", delay: 50 }] as const) {
        const agent = await agentOf();
        meet(first);
        meet({ kind: "commitThenDrop" });
        const made = await Promise.all([create(agent), create(agent)]);
        expect(new Set(active(agent))).toEqual(new Set(made.map(({ id }) => id)));
        expect(active(agent)).toHaveLength(2);
      }
    });

    test("told 404 for a while", async () => {
      const agent = await agentOf();
      meet({ kind: "status", status: 404, body: { message: "404 Not found" }, times: 3 });
      const made = await create(agent);
      expect(active(agent)).toEqual([made.id]);
    });

    test("told 404 for good: the agent is looked for, and the error says what it is", async () => {
      const agent = await agentOf();
      state().deleteAgent(agent.id);
      expect(await messageOf(create(agent))).toContain(
        `Project 101 has no agent ${agent.id}. Take the id from the ClusterAgent`,
      );
    });

    test("the looking up and the clearing away lose answers too", async () => {
      const agent = await agentOf();
      meet({ kind: "commitThenDrop" });
      for (const kind of ["commitThenStatus", "cutBody", "dropBefore", "unparsable"] as const) {
        meet({ kind }, "GET");
        meet({ kind, path: "/projects/*/cluster_agents/*/tokens/*" }, "DELETE");
        meet({ kind, path: "/projects/*/cluster_agents/*/tokens/*" }, "GET");
        meet({ kind, path: "/user" }, "GET");
      }
      const made = await create(agent);
      expect(active(agent)).toEqual([made.id]);
    });

    test.each(["GET", "DELETE"])(
      "where %s fails for good, the error says what may be left, and how to clear it",
      async (method) => {
        const agent = await agentOf();
        meet({ kind: "commitThenDrop" });
        const skip = method === "GET" && kind.includes("before") ? 1 : 0;
        const path = method === "GET" ? "/projects/*/cluster_agents/*/tokens" : "/projects/*/cluster_agents/*/tokens/*";
        meet({ kind: "status", status: 500, times: Infinity, skip, path }, method);
        const told = await messageOf(create(agent, { maxRetries: "2" }));
        expect(told).toMatch(new RegExp(`Could not create token "blue" of agent ${agent.id}: ${method} .*500`));
        expect(told).toMatch(/the response to an earlier try was lost, and its outcome could not be determined/);
        expect(told).toMatch(
          new RegExp(
            `If agent ${agent.id} has another active token "blue" created after \\d{4}-.*Z, nobody has its secret: revoke it`,
          ),
        );
      },
    );

    test("the operation's limit passes during the repair", async () => {
      const agent = await agentOf();
      meet({ kind: "commitThenDrop" });
      const skip = kind.includes("before") ? 1 : 0;
      meet({ kind: "status", status: 500, times: Infinity, skip }, "GET");
      const told = await messageOf(create(agent, { operationTimeout: "20", maxRetries: "1000" }));
      expect(told).toMatch(/would pass the operation's limit of 20 s/);
      expect(told).toMatch(/another active token "blue" created after/);
    });

    test("the operation's limit passes during the POST itself", async () => {
      const agent = await agentOf();
      meet({ kind: "delayBefore", delay: 1000, times: Infinity });
      const told = await messageOf(create(agent, { requestTimeout: "1", operationTimeout: "0.3" }));
      expect(told).toMatch(/the operation's limit/);
      expect(told).toMatch(/another active token "blue" created after/);
    });

    test("every answer is lost: it is given up, says so, and nothing is left", async () => {
      const agent = await agentOf();
      meet({ kind: "commitThenDrop", times: Infinity });
      const told = await messageOf(create(agent, { maxRetries: "2" }));
      expect(told).toMatch(/responses to 3 tries were lost in \d+ s, one after another.*`gitlab:maxRetries`/);
      expect(active(agent)).toEqual([]);
      expect(bench.asked("POST")).toHaveLength(3);
    });
  });

  test("somebody's older tokens of the same name, made a moment before, are not touched", async () => {
    for (const loss of IN_TIME) {
      const agent = await existing();
      const older = foreign(agent);
      meet(LOSSES[loss] as FaultRule);
      const made = await create(agent, patience(loss));
      expect(active(agent)).toEqual([older.id, made.id]);
    }
  });

  test("a token that an interrupted run may have left is told, and not touched", async () => {
    const agent = await existing();
    const left = foreign(agent);
    const made = await create(agent);
    expect(active(agent)).toEqual([left.id, made.id]);
    expect(bench.clock.warned).toEqual([
      expect.stringMatching(
        new RegExp(
          `agent ${agent.id} of project 101 already has token ${left.id} "blue" .*never used.*nobody has its secret: revoke it`,
        ),
      ),
    ]);
  });

  test("a token in use, in the state, of another user or name is no leftover", async () => {
    for (const prepare of [
      (agent: AgentRecord) => state().markTokenUsed(foreign(agent).id),
      (agent: AgentRecord) => holdToken(foreign(agent).id),
      (agent: AgentRecord) => foreign(agent, state().user("developer").id),
      (agent: AgentRecord) => state().createToken(agent.id, "green", "why", bench.self),
      (agent: AgentRecord) => state().createToken(agent.id, "blue", "another", bench.self),
    ]) {
      const agent = await existing();
      prepare(agent);
      await create(agent);
      expect(bench.clock.warned).toEqual([]);
    }
  });

  test("both slots are taken by others: an error that lists them, also after a lost answer", async () => {
    for (const loss of [undefined, LOSSES["dropped, not carried out"], LOSSES["carried out, then dropped"]]) {
      const agent = await existing();
      const [one, other] = [foreign(agent), state().createToken(agent.id, "green", null, bench.self)];
      if (loss) meet(loss);
      const told = await messageOf(create(agent));
      expect(told).toMatch(
        new RegExp(
          `at most two active tokens, and agent ${agent.id} has: .*token ${one.id} "blue".*token ${other.id} "green"`,
        ),
      );
      expect(active(agent)).toEqual([one.id, other.id]);
    }
  });

  test("a request that GitLab carries out only after the answer of the next is in hand", async () => {
    const agent = await existing();
    // Longer than it is looked for: the try after it succeeds first.
    meet({ kind: "delayBefore", delay: 900_000 });
    const made = await create(agent, { requestTimeout: "0.15" });
    expect(active(agent)).toEqual([made.id]);
    expect(bench.clock.warned).toEqual([
      expect.stringMatching(
        /was created. An earlier try got no response within 0.15 s.*another active token "blue" created after .*revoke it/,
      ),
    ]);
  });

  test("a credential that may not ask who it is: time decides", async () => {
    const agent = await existing();
    bench.simulator.faults.add({
      kind: "status",
      status: 403,
      method: "GET",
      path: "/user",
      times: Infinity,
      body: { message: "403 Forbidden" },
    });
    meet({ kind: "commitThenDrop" });
    const made = await create(agent);
    expect(active(agent)).toEqual([made.id]);
  });
});

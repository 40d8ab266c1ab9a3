import type { AgentRecord, FaultRule } from "../../simulator";
import { holdToken } from "../../provider/ownership/knownTokens";
import { registerAgent } from "../../provider/creation/clusterAgent";
import { createToken } from "../../provider/creation/agentToken";
import { Bench, IN_TIME, LATE, LOSSES, messageOf, settingsFor } from "./repairs";

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
  const addFault = (rule: Omit<FaultRule, "method">, method = "POST") =>
    bench.simulator.faults.add({ path: "/projects/*/cluster_agents/*/tokens", method, ...rule });
  /** An agent that this process registered, so it had no tokens before. */
  const registered = async () => {
    const created = await registerAgent(() => bench.begin("register"), { project: 101, name: bench.name() });
    bench.simulator.requests.length = 0;
    return state().agent(created.id);
  };
  /** An agent that existed before this process. */
  const existing = () => Promise.resolve(state().createAgent(101, bench.name(), bench.self));
  /** Somebody else's token with the same name and description. */
  const foreign = (agent: AgentRecord, by: number | null = bench.self) =>
    state().createToken(agent.id, "blue", "why", by);

  test("a token created between the registration and the lost request may be somebody's own: none is touched", async () => {
    const agent = await registered();
    const [theirs] = [foreign(agent)];
    theirs.createdAt -= 1500;
    addFault({ kind: "dropBefore" });
    const message = await messageOf(create(agent));
    expect(message).toMatch(new RegExp(`not certain which .*none was revoked: token ${theirs.id} "blue"`));
    expect(active(agent)).toEqual([theirs.id]);
  });

  describe.each([
    ["registered by this process", registered],
    ["that was there before", existing],
  ])("on an agent %s", (kind, agentOf) => {
    test("without a fault: one POST, and a list before it only if tokens can exist", async () => {
      const agent = await agentOf();
      const created = await create(agent);
      expect(active(agent)).toEqual([created.id]);
      const path = `/projects/101/cluster_agents/${agent.id}/tokens`;
      expect(bench.requestLines()).toEqual([...(kind.includes("before") ? [`GET ${path}`] : []), `POST ${path}`]);
      expect(bench.clock.warnings).toEqual([]);
    });

    test.each(IN_TIME)("%s: one token, whose secret we have", async (loss) => {
      const agent = await agentOf();
      addFault(LOSSES[loss] as FaultRule);
      const created = await create(agent, settingsFor(loss));
      expect(active(agent)).toEqual([created.id]);
      expect(state().tokenBySecret(created.token)).toMatchObject({ id: created.id, status: "active" });
      expect(bench.clock.warnings).toEqual([]);
      const revoked = state().tokens.filter(({ agentId, status }) => agentId === agent.id && status === "revoked");
      expect(bench.clock.infos).toEqual(
        revoked.map(({ id, createdAt }): unknown =>
          expect.stringMatching(
            new RegExp(
              `^revoked token ${id} "blue" of agent ${agent.id} in project 101, created ${new Date(createdAt).toISOString()}: nobody has its secret, since the response to our request that created it was lost \\((it was created while that request was under way, by our user|the part of that response that arrived contains its id)`,
            ),
          ),
        ),
      );
    });

    test("a try that GitLab carries out after we gave up: its token is named, and not touched", async () => {
      const agent = await agentOf();
      addFault(LOSSES[LATE] as FaultRule);
      const created = await create(agent, settingsFor(LATE));
      expect(active(agent)).toContain(created.id);
      expect(state().tokens.filter(({ agentId, status }) => agentId === agent.id && status === "revoked")).toEqual([]);
      expect(bench.clock.warnings).toHaveLength(1);
      expect(bench.clock.warnings[0]).toContain(`"blue" of agent ${agent.id} was created. A`);
      expect(bench.clock.infos).toEqual([]);
    });

    test.each(IN_TIME)("%s, three times, while the other slot is taken", async (loss) => {
      const agent = await agentOf();
      const other = state().createToken(agent.id, "green", null, bench.self);
      addFault({ ...(LOSSES[loss] as FaultRule), times: 3 });
      const created = await create(agent, settingsFor(loss));
      expect(active(agent)).toEqual([other.id, created.id]);
    });

    test.each(IN_TIME)("%s: somebody else's token that was created during the request is not touched", async (loss) => {
      const agent = await agentOf();
      const others = state().user("developer").id;
      bench.meanwhile = () => foreign(agent, others);
      addFault({ ...(LOSSES[loss] as FaultRule), probability: 1 });
      const created = await create(agent, settingsFor(loss));
      expect(active(agent)).toHaveLength(2);
      expect(active(agent)).toContain(created.id);
      expect(state().tokens.find((t) => t.agentId === agent.id && t.createdByUserId === others)?.status).toBe("active");
    });

    test.each([
      [504, 1, 150],
      [408, 1, 150],
      [502, 1, 150],
      [500, 2, 600],
      // Another stack's token, 1.5 s after the first 504.
      [504, 3, 1500],
      [502, 4, 1500],
    ] as const)(
      "a token that appears after response %i was lost (%i times, %i ms later) may be somebody's own: named, not touched",
      async (status, times, later) => {
        const agent = await agentOf();
        bench.meanwhile = () => bench.clock.later(later, () => void foreign(agent));
        addFault({ kind: "status", status, probability: 1, times });
        const created = await create(agent);
        const [theirs] = active(agent);
        expect(active(agent)).toEqual([theirs, created.id]);
        const named = `tokenId\` ${theirs}\\), nobody has its secret: revoke it .* token revoke ${agent.id} ${theirs}`;
        expect(bench.clock.warnings).toEqual([
          expect.stringMatching(new RegExp(`Agent ${agent.id} has token ${theirs} "blue", created .*${named}`)),
        ]);
        expect(bench.clock.infos).toEqual([]);
      },
    );

    test("the same with the other slot taken: an error that names the token, and nothing is touched", async () => {
      const agent = await agentOf();
      const other = state().createToken(agent.id, "green", null, bench.self);
      bench.meanwhile = () => bench.clock.later(150, () => void foreign(agent));
      addFault({ kind: "status", status: 504, probability: 1 });
      const message = await messageOf(create(agent));
      const [, theirs] = active(agent);
      expect(active(agent)).toEqual([other.id, theirs]);
      expect(message).toMatch(/answered 400: .*only two active tokens/);
      expect(message).toMatch(
        new RegExp(`None of them was touched. Agent ${agent.id} has token ${theirs} "blue", .*so it was not revoked`),
      );
    });

    test("a token created between two lost tries is not touched", async () => {
      const agent = await agentOf();
      // Shortly after the first try, in the pause before the second one, which is not carried out either.
      bench.meanwhile = () => bench.clock.later(150, () => void foreign(agent));
      addFault({ kind: "dropBefore", probability: 1, times: 2 });
      const created = await create(agent);
      expect(active(agent)).toHaveLength(2);
      expect(active(agent)[1]).toBe(created.id);
      expect(bench.clock.infos).toEqual([]);
    });

    test("the agent is gone and the creation gets a 500: the error says that there is no such agent", async () => {
      const agent = await agentOf();
      state().deleteAgent(agent.id);
      addFault({ kind: "status", status: 500 });
      const message = await messageOf(create(agent));
      expect(message).toContain(`Project 101 has no agent ${agent.id}. Take the id from the ClusterAgent`);
      expect(message).not.toMatch(/member|Beware/);
    });

    test("after the last try, the error names what GitLab may still carry out", async () => {
      const agent = await agentOf();
      addFault({ kind: "delayBefore", delay: 60_000 });
      const message = await messageOf(create(agent, { requestTimeout: "0.15", maxRetries: "0" }));
      expect(message).toMatch(/The response to the only try was lost after \d+ s\..*nothing of it has appeared so far/);
      expect(message).toMatch(new RegExp(`If agent ${agent.id} has another active token "blue" created after`));
    });

    test("a refusal after a lost try names what that try may have left", async () => {
      const agent = await agentOf();
      addFault({ kind: "delayBefore", delay: 60_000 });
      addFault({ kind: "status", status: 403, times: Infinity });
      const message = await messageOf(create(agent, { requestTimeout: "0.15" }));
      expect(message).toMatch(/answered 403.*Note: the response to an earlier try was lost\. If agent \d+ has/);
    });

    test("the limit leaves no time for another try: the error says what was seen", async () => {
      const agent = await agentOf();
      addFault({ kind: "status", status: 502, times: Infinity });
      const message = await messageOf(
        create(agent, { operationTimeout: "3", requestTimeout: "1", maxRetries: "1000" }),
      );
      expect(message).toMatch(/POST \S+ on \S+ was lost \(status 502\)/);
      expect(message).toMatch(
        /responses to \d+ tries were lost in \d+ s.*limit of 3 s .* leaves no time for another try/,
      );
    });

    test("a token whose creator is unknown is not ours", async () => {
      const agent = await agentOf();
      bench.meanwhile = () => foreign(agent, null);
      addFault({ kind: "commitThenDrop", probability: 1 });
      const created = await create(agent);
      const [somebodys, second] = active(agent);
      expect(second).toBe(created.id);
      expect(state().tokens.find(({ id }) => id === somebodys)?.createdByUserId).toBeNull();
    });

    test("a token of the same user that is in use is not touched, although it was created during the request", async () => {
      const agent = await agentOf();
      bench.meanwhile = () => state().markTokenUsed(foreign(agent).id);
      addFault({ kind: "commitThenDrop", probability: 1 });
      const created = await create(agent);
      expect(active(agent)).toHaveLength(2);
      expect(
        state()
          .activeTokens(agent.id)
          .filter(({ lastUsedAt }) => lastUsedAt !== null),
      ).toHaveLength(1);
      expect(active(agent)).toContain(created.id);
    });

    test("a token with another description is not touched", async () => {
      const agent = await agentOf();
      bench.meanwhile = () => state().createToken(agent.id, "blue", "something else", bench.self);
      addFault({ kind: "commitThenDrop", probability: 1 });
      const created = await create(agent);
      expect(state().activeTokens(agent.id)).toMatchObject([{ description: "something else" }, { id: created.id }]);
    });

    test("two tokens that cannot be distinguished: none is touched, and the error names both and says what to do", async () => {
      const agent = await agentOf();
      bench.meanwhile = () => foreign(agent);
      addFault({ kind: "commitThenDrop", probability: 1 });
      const message = await messageOf(create(agent));
      const [one, other] = active(agent);
      expect(active(agent)).toHaveLength(2);
      expect(message).toContain(
        `It is not certain which of these active tokens of agent ${agent.id} the lost request created`,
      );
      for (const id of [one, other])
        expect(message).toMatch(new RegExp(`token ${id} "blue" \\(created .* by user ${bench.self}, never used\\)`));
      expect(message).toMatch(/revoke it in GitLab.*run `pulumi up` again/);
    });

    test("a truncated response with the id distinguishes them", async () => {
      const agent = await agentOf();
      bench.meanwhile = () => foreign(agent);
      addFault({ kind: "cutBody", probability: 1 });
      const created = await create(agent);
      expect(active(agent)).toHaveLength(2);
      expect(active(agent)).toContain(created.id);
    });

    test("two tokens of one name at once, with lost responses: two tokens, and we have both secrets", async () => {
      for (const first of [{ kind: "commitThenDrop" }, { kind: "delayAfter", delay: 50 }] as const) {
        const agent = await agentOf();
        addFault(first);
        addFault({ kind: "commitThenDrop" });
        const created = await Promise.all([create(agent), create(agent)]);
        expect(new Set(active(agent))).toEqual(new Set(created.map(({ id }) => id)));
        expect(active(agent)).toHaveLength(2);
      }
    });

    test("404 for a while", async () => {
      const agent = await agentOf();
      addFault({ kind: "status", status: 404, body: { message: "404 Not found" }, times: 3 });
      const created = await create(agent);
      expect(active(agent)).toEqual([created.id]);
    });

    test("404 until the end: the agent is looked up, and the error says that it is gone", async () => {
      const agent = await agentOf();
      state().deleteAgent(agent.id);
      expect(await messageOf(create(agent))).toContain(
        `Project 101 has no agent ${agent.id}. Take the id from the ClusterAgent`,
      );
    });

    test("lookups and revocations after a lost response are retried", async () => {
      const agent = await agentOf();
      addFault({ kind: "commitThenDrop" });
      for (const kind of ["commitThenStatus", "cutBody", "dropBefore", "unparsable"] as const) {
        addFault({ kind }, "GET");
        addFault({ kind, path: "/projects/*/cluster_agents/*/tokens/*" }, "DELETE");
        addFault({ kind, path: "/projects/*/cluster_agents/*/tokens/*" }, "GET");
        addFault({ kind, path: "/user" }, "GET");
      }
      const created = await create(agent);
      expect(active(agent)).toEqual([created.id]);
    });

    test.each(["GET", "DELETE"])(
      "if %s keeps failing, the error says which token may be left, and how to revoke it",
      async (method) => {
        const agent = await agentOf();
        addFault({ kind: "commitThenDrop" });
        const skip = method === "GET" && kind.includes("before") ? 1 : 0;
        const path = method === "GET" ? "/projects/*/cluster_agents/*/tokens" : "/projects/*/cluster_agents/*/tokens/*";
        addFault({ kind: "status", status: 500, times: Infinity, skip, path }, method);
        const message = await messageOf(create(agent, { maxRetries: "2" }));
        expect(message).toMatch(new RegExp(`Could not create token "blue" of agent ${agent.id}: ${method} .*500`));
        expect(message).toMatch(/the response to an earlier try was lost, and its outcome could not be determined/);
        expect(message).toMatch(
          new RegExp(
            `If agent ${agent.id} has another active token "blue" created after \\d{4}-.*Z, nobody has its secret: revoke it`,
          ),
        );
      },
    );

    test("the operation's limit passes during the lookup", async () => {
      const agent = await agentOf();
      addFault({ kind: "commitThenDrop" });
      const skip = kind.includes("before") ? 1 : 0;
      addFault({ kind: "status", status: 500, times: Infinity, skip }, "GET");
      const message = await messageOf(create(agent, { operationTimeout: "20", maxRetries: "1000" }));
      expect(message).toMatch(/would pass the operation's limit of 20 s/);
      expect(message).toMatch(/another active token "blue" created after/);
    });

    test("the operation's limit passes during the POST itself", async () => {
      const agent = await agentOf();
      addFault({ kind: "delayBefore", delay: 1000, times: Infinity });
      const message = await messageOf(create(agent, { requestTimeout: "1", operationTimeout: "0.3" }));
      expect(message).toMatch(/the operation's limit/);
      expect(message).toMatch(/another active token "blue" created after/);
    });

    test("every response is lost: the creation ends with an error that says so, and no token is left", async () => {
      const agent = await agentOf();
      addFault({ kind: "commitThenDrop", times: Infinity });
      const message = await messageOf(create(agent, { maxRetries: "2" }));
      expect(message).toMatch(/responses to 3 tries were lost in \d+ s, one after another.*`gitlab:maxRetries`/);
      expect(active(agent)).toEqual([]);
      expect(bench.requestLines("POST")).toHaveLength(3);
    });
  });

  test("somebody's older tokens with the same name, created shortly before, are not touched", async () => {
    for (const loss of IN_TIME) {
      const agent = await existing();
      const older = foreign(agent);
      addFault(LOSSES[loss] as FaultRule);
      const created = await create(agent, settingsFor(loss));
      expect(active(agent)).toEqual([older.id, created.id]);
    }
  });

  test("a token that an interrupted run may have left is named, and not touched", async () => {
    const agent = await existing();
    const leftover = foreign(agent);
    const created = await create(agent);
    expect(active(agent)).toEqual([leftover.id, created.id]);
    expect(bench.clock.warnings).toEqual([
      expect.stringMatching(
        new RegExp(
          `agent ${agent.id} of project 101 already has token ${leftover.id} "blue" .*never used.*nobody has its secret: revoke it`,
        ),
      ),
    ]);
  });

  test("a token that is used, in the state, or of another user or name is not reported as a leftover", async () => {
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
      expect(bench.clock.warnings).toEqual([]);
    }
  });

  test("other tokens take both slots: an error that lists them, also after a lost response", async () => {
    for (const loss of [undefined, LOSSES["dropped, not carried out"], LOSSES["carried out, then dropped"]]) {
      const agent = await existing();
      const [one, other] = [foreign(agent), state().createToken(agent.id, "green", null, bench.self)];
      if (loss) addFault(loss);
      const message = await messageOf(create(agent));
      expect(message).toMatch(
        new RegExp(
          `at most two active tokens, and agent ${agent.id} has: .*token ${one.id} "blue".*token ${other.id} "green"`,
        ),
      );
      expect(active(agent)).toEqual([one.id, other.id]);
    }
  });

  test("a request that GitLab carries out after the next try has succeeded", async () => {
    const agent = await existing();
    // Longer than the lookups last: the next try succeeds first.
    addFault({ kind: "delayBefore", delay: 900_000 });
    const created = await create(agent, { requestTimeout: "0.15" });
    expect(active(agent)).toEqual([created.id]);
    expect(bench.clock.warnings).toEqual([
      expect.stringMatching(
        /was created. An earlier try got no response within 0.15 s.*another active token "blue" created after .*revoke it/,
      ),
    ]);
  });

  test("a credential that may not read its own user: the creation time decides", async () => {
    const agent = await existing();
    bench.simulator.faults.add({
      kind: "status",
      status: 403,
      method: "GET",
      path: "/user",
      times: Infinity,
      body: { message: "403 Forbidden" },
    });
    addFault({ kind: "commitThenDrop" });
    const created = await create(agent);
    expect(active(agent)).toEqual([created.id]);
  });
});

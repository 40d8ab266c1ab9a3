import { registerAgent, registeredHere } from "../../provider/creation/clusterAgent";
import type { FaultRule } from "../../simulator";
import { Bench, IN_TIME, LATE, LOSSES, messageOf, settingsFor } from "./repairs";

/** Milliseconds by which the clock is advanced, since GitLab's Date header has whole seconds and tests take less. */
const FIVE_SECONDS = 5000;

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
  const named = (name: string) => state().agents.filter((agent) => agent.name === name);
  const register = (name: string, values: Record<string, string> = {}) =>
    registerAgent(() => bench.begin(`register agent "${name}" in project 101`, values), { project: 101, name });
  const addFault = (rule: Omit<FaultRule, "method">, method = "POST") =>
    bench.simulator.faults.add({ path: "/projects/*/cluster_agents", method, ...rule });

  test("without a fault: one POST and nothing else", async () => {
    const name = bench.name();
    const { id } = await register(name);
    expect(named(name)).toMatchObject([{ id }]);
    expect(bench.requestLines()).toEqual(["POST /projects/101/cluster_agents"]);
    expect(registeredHere(id)).toBe(true);
  });

  test.each(IN_TIME)("%s, one time and three: one agent, which is ours", async (loss) => {
    for (const times of [1, 3]) {
      bench.clear();
      const name = bench.name();
      addFault({ ...(LOSSES[loss] as FaultRule), times });
      const created = await register(name, settingsFor(loss));
      expect(named(name)).toMatchObject([{ id: created.id, createdByUserId: bench.self }]);
      expect(created.config_project).toMatchObject({ id: 101, path_with_namespace: "group/app" });
      expect(registeredHere(created.id)).toBe(true);
      // The agent is taken over, unless the last POST got its response.
      const takenOver = bench.simulator.requests.filter(({ method }) => method === "POST").at(-1)?.fault !== undefined;
      const line = `^took over agent ${created.id} "${name}" of project 101, registered ${created.created_at}: it is ours, since the response to our request that registered it was lost \\((it was registered while that request was under way, by our user|the part of that response that arrived contains its id)`;
      expect(bench.clock.infos).toEqual(takenOver ? [expect.stringMatching(new RegExp(line))] : []);
    }
  });

  test.each([
    ["five 502, each followed by a list without the agent", { kind: "status", status: 502, times: 5 }, 0],
    ["a 502", { kind: "status", status: 502 }, 0],
    ["a 504", { kind: "status", status: 504 }, 0],
    ["a lost connection", { kind: "dropBefore" }, 0],
    ["four 504, one of them after it", { kind: "status", status: 504, times: 4 }, 1],
    ["three lost connections, two of them after it", { kind: "dropBefore", times: 3 }, 2],
  ] as const)(
    "%s, then another run registers the name: the other run's agent is never taken over",
    async (_loss, rule, after) => {
      const name = bench.name();
      addFault({ ...rule, probability: 1 });
      // Shortly after that loss, during the pause before the next try.
      const times = ("times" in rule ? rule.times : 1) - after;
      const then = (existing: number): (() => void) =>
        existing > 1
          ? () => (bench.meanwhile = then(existing - 1))
          : () => bench.clock.later(150, () => void state().createAgent(101, name, bench.self));
      bench.meanwhile = then(times);
      const message = await messageOf(register(name));
      const [theirs] = named(name);
      expect(message).toMatch(/400: 400 Bad request - \["Name has already been taken"\]/);
      expect(message).toMatch(/The response to our request of \S+Z for this name was lost.*so it was not taken over/);
      expect(message).toContain(`\`import: "101:${theirs?.id}"\``);
      expect(registeredHere(theirs?.id ?? 0)).toBe(false);
      expect(bench.clock.infos.filter((line) => line.startsWith("took over"))).toEqual([]);
    },
  );

  test("an agent that GitLab registers after we gave up may be another run's: it is not taken over, and the error says how to import it", async () => {
    const name = bench.name();
    addFault(LOSSES[LATE] as FaultRule);
    const [created] = await Promise.allSettled([register(name, settingsFor(LATE))]);
    expect(named(name)).toHaveLength(1);
    // GitLab may have carried out either of the two requests first.
    if (created.status === "fulfilled") expect(created.value.id).toBe(named(name)[0]?.id);
    else expect(String(created.reason)).toContain(`\`import: "101:${named(name)[0]?.id}"\``);
    expect(bench.clock.infos).toEqual([]);
  });

  test("an agent that was registered before the response was lost is taken over, not registered again", async () => {
    const name = bench.name();
    addFault({ kind: "commitThenDrop" });
    await register(name);
    expect(bench.requestLines()).toEqual([
      "POST /projects/101/cluster_agents",
      "GET /projects/101/cluster_agents",
      "GET /user",
    ]);
  });

  test("an agent beyond the first page of the list is found", async () => {
    for (let i = 0; i < 120; i++) state().createAgent(102, `a-${String(i).padStart(3, "0")}`);
    addFault({ kind: "commitThenDrop" });
    const created = await registerAgent(() => bench.begin("register"), { project: 102, name: "zz" });
    expect(state().agents.filter(({ name }) => name === "zz")).toMatchObject([{ id: created.id }]);
    expect(bench.requestLines("GET").filter((line) => line.includes("cluster_agents"))).toHaveLength(2);
    for (const { id } of state().agents.filter(({ projectId }) => projectId === 102)) state().deleteAgent(id);
  });

  test.each(Object.keys(LOSSES))("%s: an agent that existed before is never taken over", async (loss) => {
    const name = bench.name();
    const theirs = state().createAgent(101, name, bench.self);
    await bench.clock.sleep(FIVE_SECONDS);
    addFault(LOSSES[loss] as FaultRule);
    const message = await messageOf(register(name, settingsFor(loss)));
    expect(message).toMatch(/400: 400 Bad request - \["Name has already been taken"\]/);
    expect(message).toContain(
      `Agent ${theirs.id} of project 101 has this name since ${new Date(theirs.createdAt).toISOString()}, registered by the user with the id ${bench.self}.`,
    );
    expect(message).toContain(`set the resource option \`import: "101:${theirs.id}"\``);
    expect(named(name)).toEqual([theirs]);
    expect(registeredHere(theirs.id)).toBe(false);
  });

  test.each([
    ["another user", () => state().user("developer").id],
    ["nobody known", () => null],
  ])("an agent that %s registered during the request is never taken over", async (_who, by) => {
    const name = bench.name();
    bench.meanwhile = () => state().createAgent(101, name, by());
    addFault({ kind: "dropBefore", probability: 1 });
    const message = await messageOf(register(name));
    expect(named(name)).toHaveLength(1);
    expect(message).toMatch(new RegExp(`Agent ${named(name)[0]?.id} of project 101 has this name since`));
  });

  test("two resources with one name: the second is refused and takes over nothing, also if its response is lost", async () => {
    for (const skip of [0, 1]) {
      const name = bench.name();
      bench.simulator.faults.clear();
      addFault({ kind: "dropBefore", skip });
      const [one, other] = await Promise.allSettled([register(name), register(name)]);
      expect([one.status, other.status]).toEqual(["fulfilled", "rejected"]);
      expect(String((other as PromiseRejectedResult).reason)).toMatch(
        /Name has already been taken.*has this name since/,
      );
      expect(named(name)).toHaveLength(1);
    }
  });

  test("a project's number and path are one project: one registration of a name at a time", async () => {
    for (const byPathFirst of [true, false]) {
      const [name, path] = [bench.name(), `group/${bench.name()}`];
      const { id } = state().createProject({ path });
      bench.clear();
      addFault({ kind: "dropBefore" });
      const spellings = byPathFirst ? [path, id] : [id, path];
      const [one, other] = await Promise.allSettled(
        spellings.map((project) => registerAgent(() => bench.begin("register"), { project, name })),
      );
      expect([one?.status, other?.status]).toEqual(["fulfilled", "rejected"]);
      expect(named(name)).toHaveLength(1);
      // Another project has its own lock, and needs no request.
      bench.clear();
      const paths = [1, 2].map(() => state().createProject({ path: `group/${bench.name()}` }).path);
      await Promise.all(
        paths.map((each) => registerAgent(() => bench.begin("register"), { project: each, name: bench.name() })),
      );
      expect(bench.requestLines("GET")).toEqual([]);
    }
  });

  test("the operation's limit starts when its turn comes", async () => {
    const name = bench.name();
    for (const skip of [0, 1]) addFault({ kind: "rateLimit", retryAfter: 2, skip });
    const limit = { operationTimeout: "3", requestTimeout: "1" };
    const [one, other] = await Promise.allSettled([register(name, limit), register(name, limit)]);
    expect(one.status).toBe("fulfilled");
    expect(String((other as PromiseRejectedResult).reason)).toMatch(/Name has already been taken/);
  });

  test("404 for a while, and 404 until the end", async () => {
    const name = bench.name();
    const rule = { kind: "status", status: 404, body: { message: "404 Project Not Found" } } as const;
    addFault({ ...rule, times: 3 });
    const { id } = await register(name);
    expect(named(name)).toMatchObject([{ id }]);
    addFault({ ...rule, times: Infinity });
    expect(await messageOf(register(bench.name()))).toMatch(/accepts no new one: that needs the Maintainer role/);
    expect(await messageOf(registerAgent(() => bench.begin("register"), { project: 999, name }))).toMatch(
      /shows this credential no project 999.*deleted or moved, or the credential has no access/,
    );
  });

  test("lookups after a lost response are retried", async () => {
    const name = bench.name();
    addFault({ kind: "commitThenDrop" });
    for (const kind of ["commitThenStatus", "cutBody", "dropBefore", "unparsable", "rateLimit"] as const) {
      addFault({ kind }, "GET");
      addFault({ kind, path: "/user" }, "GET");
    }
    const created = await register(name);
    expect(named(name)).toMatchObject([{ id: created.id }]);
  });

  test("a lookup that keeps failing: the error says what may exist, and the next run says how to import it", async () => {
    const name = bench.name();
    addFault({ kind: "commitThenDrop" });
    addFault({ kind: "status", status: 500, times: Infinity }, "GET");
    const message = await messageOf(register(name, { maxRetries: "1" }));
    expect(message).toMatch(/GET \/api\/v4\/projects\/101\/cluster_agents .*answered 500/);
    expect(message).toMatch(
      new RegExp(
        `the response to an earlier try was lost, and its outcome could not be determined. Project 101 may have an agent "${name}", registered after .*Run \`pulumi up\` again`,
      ),
    );
    bench.clear();
    const [existing] = named(name);
    expect(await messageOf(register(name))).toContain(`\`import: "101:${existing?.id}"\``);
  });

  test("the operation's limit passes during the lookup", async () => {
    const name = bench.name();
    addFault({ kind: "commitThenDrop" });
    addFault({ kind: "status", status: 500, times: Infinity }, "GET");
    const message = await messageOf(register(name, { operationTimeout: "20", maxRetries: "1000" }));
    expect(message).toMatch(/would pass the operation's limit of 20 s/);
    expect(message).toMatch(new RegExp(`may have an agent "${name}"`));
  });

  test("a limit shorter than the pauses: the error still shows the 404 or the lost response", async () => {
    const limits = { operationTimeout: "3", requestTimeout: "1" };
    const message = await messageOf(
      registerAgent(() => bench.begin("register agent x", limits), { project: "no/such", name: "x" }),
    );
    expect(message).toMatch(/cluster_agents on \S+ answered 404: 404 Project Not Found.*Correct `project`/);
    addFault({ kind: "status", status: 502, times: Infinity });
    const lost = await messageOf(register(bench.name(), { ...limits, maxRetries: "1000" }));
    expect(lost).toMatch(/was lost \(status 502\).*tries were lost in \d+ s.*leaves no time for another try/);
  });

  test("every response is lost: the creation ends with an error that says so", async () => {
    const name = bench.name();
    addFault({ kind: "dropBefore", times: Infinity });
    const message = await messageOf(register(name, { maxRetries: "2" }));
    expect(message).toMatch(/responses to 3 tries were lost in \d+ s, one after another.*nothing was left/);
    expect(named(name)).toEqual([]);
    expect(bench.requestLines("POST")).toHaveLength(3);
  });

  test("GitLab trims names: the agent with the trimmed name is found", async () => {
    const other = new Bench();
    await other.open({ clockSkew, normalize: "trim" });
    other.simulator.faults.add({ kind: "commitThenDrop", method: "POST" });
    const created = await registerAgent(() => other.begin("register"), { project: 101, name: " padded " });
    expect(other.simulator.state.agents).toMatchObject([{ id: created.id, name: "padded" }]);
    await other.simulator.close();
  });
});

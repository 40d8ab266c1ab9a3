import { registerAgent, registeredHere } from "../../provider/creation/clusterAgent";
import type { FaultRule } from "../../simulator";
import { Bench, IN_TIME, LATE, LOSSES, messageOf, patience } from "./repairs";

/** Real time passes in these tests too slowly for GitLab's Date header, which counts seconds. */
const A_WHILE = 5000;

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
  const meet = (rule: Omit<FaultRule, "method">, method = "POST") =>
    bench.simulator.faults.add({ path: "/projects/*/cluster_agents", method, ...rule });

  test("without a fault: one POST and nothing else", async () => {
    const name = bench.name();
    const { id } = await register(name);
    expect(named(name)).toMatchObject([{ id }]);
    expect(bench.asked()).toEqual(["POST /projects/101/cluster_agents"]);
    expect(registeredHere(id)).toBe(true);
  });

  test.each(IN_TIME)("%s, one time and three: one agent, which is ours", async (loss) => {
    for (const times of [1, 3]) {
      bench.clear();
      const name = bench.name();
      meet({ ...(LOSSES[loss] as FaultRule), times });
      const made = await register(name, patience(loss));
      expect(named(name)).toMatchObject([{ id: made.id, createdByUserId: bench.self }]);
      expect(made.config_project).toMatchObject({ id: 101, path_with_namespace: "group/app" });
      expect(registeredHere(made.id)).toBe(true);
      // Taken over, unless the last POST got its answer.
      const takenOver = bench.simulator.requests.filter(({ method }) => method === "POST").at(-1)?.fault !== undefined;
      const line = `^took over agent ${made.id} "${name}" of project 101, registered ${made.created_at}: it is ours, since the response to our request that registered it was lost \\((it was registered while that request was under way, by our user|the part of that response that arrived contains its id)`;
      expect(bench.clock.told).toEqual(takenOver ? [expect.stringMatching(new RegExp(line))] : []);
    }
  });

  test.each([
    ["five 502, each followed by a list without the agent", { kind: "status", status: 502, times: 5 }, 0],
    ["a 502", { kind: "status", status: 502 }, 0],
    ["a 504", { kind: "status", status: 504 }, 0],
    ["a lost connection", { kind: "dropBefore" }, 0],
    ["four 504, one of them after it", { kind: "status", status: 504, times: 4 }, 1],
    ["three lost connections, two of them after it", { kind: "dropBefore", times: 3 }, 2],
  ] as const)("%s, then another run registers the name: it is never taken over", async (_loss, rule, after) => {
    const name = bench.name();
    meet({ ...rule, probability: 1 });
    // A moment after that loss, in the pause before the next try.
    const times = ("times" in rule ? rule.times : 1) - after;
    const then = (left: number): (() => void) =>
      left > 1
        ? () => (bench.meanwhile = then(left - 1))
        : () => bench.clock.later(150, (late) => void (state().createAgent(101, name, bench.self).createdAt -= late));
    bench.meanwhile = then(times);
    const told = await messageOf(register(name));
    const [theirs] = named(name);
    expect(told).toMatch(/400: 400 Bad request - \["Name has already been taken"\]/);
    expect(told).toMatch(/The response to our request of \S+Z for this name was lost.*so it was not taken over/);
    expect(told).toContain(`\`import: "101:${theirs?.id}"\``);
    expect(registeredHere(theirs?.id ?? 0)).toBe(false);
    expect(bench.clock.told.filter((line) => line.startsWith("took over"))).toEqual([]);
  });

  test("an agent that GitLab registers after we gave up may be another run's: not taken over, and how to", async () => {
    const name = bench.name();
    meet(LOSSES[LATE] as FaultRule);
    const [made] = await Promise.allSettled([register(name, patience(LATE))]);
    expect(named(name)).toHaveLength(1);
    // Whichever of the two requests GitLab carried out first.
    if (made.status === "fulfilled") expect(made.value.id).toBe(named(name)[0]?.id);
    else expect(String(made.reason)).toContain(`\`import: "101:${named(name)[0]?.id}"\``);
    expect(bench.clock.told).toEqual([]);
  });

  test("an agent carried out before the answer was lost is adopted, not made twice", async () => {
    const name = bench.name();
    meet({ kind: "commitThenDrop" });
    await register(name);
    expect(bench.asked()).toEqual([
      "POST /projects/101/cluster_agents",
      "GET /projects/101/cluster_agents",
      "GET /user",
    ]);
  });

  test("it is found beyond the first page", async () => {
    for (let i = 0; i < 120; i++) state().createAgent(102, `a-${String(i).padStart(3, "0")}`);
    meet({ kind: "commitThenDrop" });
    const made = await registerAgent(() => bench.begin("register"), { project: 102, name: "zz" });
    expect(state().agents.filter(({ name }) => name === "zz")).toMatchObject([{ id: made.id }]);
    expect(bench.asked("GET").filter((line) => line.includes("cluster_agents"))).toHaveLength(2);
    for (const { id } of state().agents.filter(({ projectId }) => projectId === 102)) state().deleteAgent(id);
  });

  test.each(Object.keys(LOSSES))("%s: an agent that was there before is never adopted", async (loss) => {
    const name = bench.name();
    const theirs = state().createAgent(101, name, bench.self);
    await bench.clock.sleep(A_WHILE);
    meet(LOSSES[loss] as FaultRule);
    const told = await messageOf(register(name, patience(loss)));
    expect(told).toMatch(/400: 400 Bad request - \["Name has already been taken"\]/);
    expect(told).toContain(
      `Agent ${theirs.id} of project 101 has this name since ${new Date(theirs.createdAt).toISOString()}, registered by the user with the id ${bench.self}.`,
    );
    expect(told).toContain(`set the resource option \`import: "101:${theirs.id}"\``);
    expect(named(name)).toEqual([theirs]);
    expect(registeredHere(theirs.id)).toBe(false);
  });

  test.each([
    ["another user", () => state().user("developer").id],
    ["nobody known", () => null],
  ])("an agent that %s registered meanwhile is never adopted", async (_who, by) => {
    const name = bench.name();
    bench.meanwhile = () => state().createAgent(101, name, by());
    meet({ kind: "dropBefore", probability: 1 });
    const told = await messageOf(register(name));
    expect(named(name)).toHaveLength(1);
    expect(told).toMatch(new RegExp(`Agent ${named(name)[0]?.id} of project 101 has this name since`));
  });

  test("two resources of one name: the second is refused, also where its answer is lost, and takes over nothing", async () => {
    for (const skip of [0, 1]) {
      const name = bench.name();
      bench.simulator.faults.clear();
      meet({ kind: "dropBefore", skip });
      const [one, other] = await Promise.allSettled([register(name), register(name)]);
      expect([one.status, other.status]).toEqual(["fulfilled", "rejected"]);
      expect(String((other as PromiseRejectedResult).reason)).toMatch(
        /Name has already been taken.*has this name since/,
      );
      expect(named(name)).toHaveLength(1);
    }
  });

  test("a project written as number and as path is one project: one registration of a name at a time", async () => {
    for (const byPathFirst of [true, false]) {
      const [name, path] = [bench.name(), `group/${bench.name()}`];
      const { id } = state().createProject({ path });
      bench.clear();
      meet({ kind: "dropBefore" });
      const spellings = byPathFirst ? [path, id] : [id, path];
      const [one, other] = await Promise.allSettled(
        spellings.map((project) => registerAgent(() => bench.begin("register"), { project, name })),
      );
      expect([one?.status, other?.status]).toEqual(["fulfilled", "rejected"]);
      expect(named(name)).toHaveLength(1);
      // Another project has a turn of its own, which no request is sent for.
      bench.clear();
      const paths = [1, 2].map(() => state().createProject({ path: `group/${bench.name()}` }).path);
      await Promise.all(
        paths.map((each) => registerAgent(() => bench.begin("register"), { project: each, name: bench.name() })),
      );
      expect(bench.asked("GET")).toEqual([]);
    }
  });

  test("the limit begins with the turn", async () => {
    const name = bench.name();
    for (const skip of [0, 1]) meet({ kind: "rateLimit", retryAfter: 2, skip });
    const limit = { operationTimeout: "3", requestTimeout: "1" };
    const [one, other] = await Promise.allSettled([register(name, limit), register(name, limit)]);
    expect(one.status).toBe("fulfilled");
    expect(String((other as PromiseRejectedResult).reason)).toMatch(/Name has already been taken/);
  });

  test("told 404 for a while, and for good", async () => {
    const name = bench.name();
    const rule = { kind: "status", status: 404, body: { message: "404 Project Not Found" } } as const;
    meet({ ...rule, times: 3 });
    const { id } = await register(name);
    expect(named(name)).toMatchObject([{ id }]);
    meet({ ...rule, times: Infinity });
    expect(await messageOf(register(bench.name()))).toMatch(/accepts no new one: that needs the Maintainer role/);
    expect(await messageOf(registerAgent(() => bench.begin("register"), { project: 999, name }))).toMatch(
      /shows this credential no project 999.*deleted or moved, or the credential has no access/,
    );
  });

  test("the looking up loses answers too", async () => {
    const name = bench.name();
    meet({ kind: "commitThenDrop" });
    for (const kind of ["commitThenStatus", "cutBody", "dropBefore", "unparsable", "rateLimit"] as const) {
      meet({ kind }, "GET");
      meet({ kind, path: "/user" }, "GET");
    }
    const made = await register(name);
    expect(named(name)).toMatchObject([{ id: made.id }]);
  });

  test("where the looking up fails for good, the error says what may be left; the next run says how to import it", async () => {
    const name = bench.name();
    meet({ kind: "commitThenDrop" });
    meet({ kind: "status", status: 500, times: Infinity }, "GET");
    const told = await messageOf(register(name, { maxRetries: "1" }));
    expect(told).toMatch(/GET \/api\/v4\/projects\/101\/cluster_agents .*answered 500/);
    expect(told).toMatch(
      new RegExp(
        `the response to an earlier try was lost, and its outcome could not be determined. Project 101 may have an agent "${name}", registered after .*Run \`pulumi up\` again`,
      ),
    );
    bench.clear();
    const [left] = named(name);
    expect(await messageOf(register(name))).toContain(`\`import: "101:${left?.id}"\``);
  });

  test("the operation's limit passes during the repair", async () => {
    const name = bench.name();
    meet({ kind: "commitThenDrop" });
    meet({ kind: "status", status: 500, times: Infinity }, "GET");
    const told = await messageOf(register(name, { operationTimeout: "20", maxRetries: "1000" }));
    expect(told).toMatch(/would pass the operation's limit of 20 s/);
    expect(told).toMatch(new RegExp(`may have an agent "${name}"`));
  });

  test("a limit shorter than the pauses hides neither a 404 nor a lost answer", async () => {
    const few = { operationTimeout: "3", requestTimeout: "1" };
    const told = await messageOf(
      registerAgent(() => bench.begin("register agent x", few), { project: "no/such", name: "x" }),
    );
    expect(told).toMatch(/cluster_agents on \S+ answered 404: 404 Project Not Found.*Correct `project`/);
    meet({ kind: "status", status: 502, times: Infinity });
    const lost = await messageOf(register(bench.name(), { ...few, maxRetries: "1000" }));
    expect(lost).toMatch(/was lost \(status 502\).*tries were lost in \d+ s.*leaves no time for another try/);
  });

  test("every answer is lost: it is given up and says so", async () => {
    const name = bench.name();
    meet({ kind: "dropBefore", times: Infinity });
    const told = await messageOf(register(name, { maxRetries: "2" }));
    expect(told).toMatch(/responses to 3 tries were lost in \d+ s, one after another.*nothing was left/);
    expect(named(name)).toEqual([]);
    expect(bench.asked("POST")).toHaveLength(3);
  });

  test("a GitLab that trims names: the trimmed one is found", async () => {
    const other = new Bench();
    await other.open({ clockSkew, normalize: "trim" });
    other.simulator.faults.add({ kind: "commitThenDrop", method: "POST" });
    const made = await registerAgent(() => other.begin("register"), { project: 101, name: " padded " });
    expect(other.simulator.state.agents).toMatchObject([{ id: made.id, name: "padded" }]);
    await other.simulator.close();
  });
});

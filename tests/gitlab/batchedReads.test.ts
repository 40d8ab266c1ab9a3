import {
  NotFoundError,
  openGitLab,
  OperationTimeoutError,
  PermissionError,
  ServerError,
  type GitLab,
} from "../../provider/gitlab";
import { startSimulator, type Simulator } from "../../simulator";
import { requestLines, clientOf, failure, settings, SkippingClock } from "./client";

describe("batched reads", () => {
  let simulator: Simulator;
  let clock: SkippingClock;
  let gitlab: GitLab;
  const agents = (count: number, project = "group/app"): number[] =>
    Array.from(
      { length: count },
      (_, i) => simulator.state.createAgent(project, `agent-${String(i).padStart(4, "0")}`).id,
    );
  const read = (id: number, project: string | number = "group/app"): Promise<{ id: number }> =>
    gitlab.begin(`read agent ${id}`).agents.read(project, id);
  const lists = (): number => requestLines(simulator).filter((line) => line.includes("page=")).length;

  beforeEach(async () => {
    simulator = await startSimulator();
    clock = new SkippingClock();
    gitlab = clientOf(simulator, clock);
  });
  afterEach(() => simulator.close());

  /** Reads like the engine: at most `width` at once, and the next one as soon as one ends. */
  async function refresh(ids: number[], width = 8): Promise<number[]> {
    const remaining = [...ids];
    const found: number[] = [];
    const worker = async (): Promise<void> => {
      for (let id = remaining.shift(); id !== undefined; id = remaining.shift()) found.push((await read(id)).id);
    };
    await Promise.all(Array.from({ length: width }, worker));
    return found;
  }

  it("send a GET for a single read", async () => {
    const [id = 0] = agents(3);
    expect(await read(id)).toMatchObject({ id, name: "agent-0000" });
    expect(requestLines(simulator)).toEqual([`GET /projects/group%2Fapp/cluster_agents/${id}`]);
  });

  it("send one list for several reads at the same time", async () => {
    const ids = agents(5);
    const found = await Promise.all(ids.map((id) => read(id)));
    expect(found.map(({ id }) => id)).toEqual(ids);
    expect(requestLines(simulator)).toEqual(["GET /projects/group%2Fapp/cluster_agents?per_page=100&page=1"]);
  });

  it.each([
    [100, 1],
    [250, 3],
    [1000, 10],
  ])("of %d agents take %d requests, although the engine reads only a few at once", async (count, requests) => {
    const ids = agents(count);
    expect((await refresh(ids)).sort((a, b) => a - b)).toEqual(ids);
    expect(simulator.requests).toHaveLength(requests);
  });

  it("continue to share a list while responses are slow and reads keep coming", async () => {
    await simulator.close();
    simulator = await startSimulator({ latency: 120 });
    gitlab = clientOf(simulator);
    const ids = agents(600);
    expect(await refresh(ids)).toHaveLength(600);
    expect(simulator.requests).toHaveLength(6);
  });

  it("of one project in two spellings share a list", async () => {
    const ids = agents(2);
    await Promise.all([read(ids[0] ?? 0, "group/app"), read(ids[1] ?? 0, "group%2Fapp")]);
    expect(simulator.requests).toHaveLength(1);
  });

  it("of two projects do not share a list", async () => {
    const here = agents(2);
    const there = agents(2, "group/subgroup/infra");
    const found = await Promise.all([
      ...here.map((id) => read(id)),
      ...there.map((id) => read(id, "group/subgroup/infra")),
    ]);
    expect(found.map(({ id }) => id)).toEqual([...here, ...there]);
    expect(requestLines(simulator).sort()).toEqual([
      "GET /projects/group%2Fapp/cluster_agents?per_page=100&page=1",
      "GET /projects/group%2Fsubgroup%2Finfra/cluster_agents?per_page=100&page=1",
    ]);
  });

  it("do not use a list after a gap without reads", async () => {
    const ids = agents(3);
    await Promise.all(ids.map((id) => read(id)));
    await clock.sleep(600);
    simulator.state.deleteAgent(ids[0] ?? 0);
    expect(await failure(read(ids[0] ?? 0))).toBeInstanceOf(NotFoundError);
  });

  it("do not use a list that is older than half a minute, even if reads keep coming", async () => {
    const ids = agents(3);
    await Promise.all(ids.map((id) => read(id)));
    for (let i = 0; i < 80; i++) {
      await clock.sleep(400);
      await read(ids[1] ?? 0);
    }
    expect(lists()).toBe(2);
  });

  it("do not use a list that is older than a write of this client", async () => {
    const ids = agents(3);
    await Promise.all(ids.map((id) => read(id)));
    await gitlab.begin("delete").agents.delete(101, ids[0] ?? 0);
    expect(await failure(read(ids[0] ?? 0))).toBeInstanceOf(NotFoundError);
    const [one = 0, two = 0] = ids.slice(1);
    await Promise.all([read(one), read(two)]);
    await gitlab.begin("configure").urlConfigurations.create("group/app", one, { url: "grpc://a:1" });
    expect(await read(one)).toMatchObject({ is_receptive: true });
  });

  it("report an agent as gone only after its own GET", async () => {
    const ids = agents(4);
    simulator.state.deleteAgent(ids[3] ?? 0);
    const outcomes = await Promise.allSettled(ids.map((id) => read(id)));
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "fulfilled", "rejected"]);
    const error = (outcomes[3] as PromiseRejectedResult).reason as Error;
    expect(error).toBeInstanceOf(NotFoundError);
    expect(error.message).toContain(
      `Could not read agent ${ids[3]}: GET /api/v4/projects/group%2Fapp/cluster_agents/${ids[3]} `,
    );
    expect(simulator.requests).toHaveLength(2);
  });

  it("send single GETs if the list would take more requests", async () => {
    const ids = agents(1500);
    const wanted = [ids[0], ids[1], ids[1400]].map((id) => id ?? 0);
    await Promise.all(wanted.map((id) => read(id)));
    // Two of the three agents are on the first page.
    expect(requestLines(simulator)).toEqual([
      "GET /projects/group%2Fapp/cluster_agents?per_page=100&page=1",
      `GET /projects/group%2Fapp/cluster_agents/${wanted[2]}`,
    ]);
  });

  it("change to the list if reads keep coming", async () => {
    const ids = agents(3000);
    expect(await refresh(ids.slice(0, 500), 4)).toHaveLength(500);
    expect(simulator.requests.length).toBeLessThan(60);
  });

  it("each get their own error if the list fails", async () => {
    const ids = agents(3);
    gitlab = clientOf(simulator, clock, { maxRetries: "0" });
    simulator.faults.add({ kind: "status", status: 502 });
    const errors = await Promise.all(ids.map((id) => failure(read(id))));
    for (const [i, error] of errors.entries()) {
      expect(error).toBeInstanceOf(ServerError);
      expect(error.message).toMatch(
        new RegExp(`^Could not read agent ${ids[i]}: GET .*/cluster_agents on .* answered 502`),
      );
    }
    expect(new Set(errors).size).toBe(3);
    // The next reads send a new list.
    expect(await Promise.all(ids.map((id) => read(id)))).toHaveLength(3);
  });

  it("send single GETs if the list is refused, so that each error is about its object", async () => {
    const ids = agents(2);
    gitlab = clientOf(simulator, clock, { token: simulator.tokens.guest ?? "" });
    const errors = await Promise.all(ids.map((id) => failure(read(id))));
    for (const [i, error] of errors.entries()) {
      expect([NotFoundError, PermissionError]).toContain(error.constructor);
      expect(error.path).toBe(`/api/v4/projects/group%2Fapp/cluster_agents/${ids[i]}`);
    }
  });

  it("each keep their own time limit", async () => {
    const ids = agents(2);
    simulator.faults.add({ kind: "delayAfter", delay: 3000, times: Infinity });
    const short = settings({
      baseUrl: simulator.url,
      token: simulator.tokens.maintainer ?? "",
      operationTimeout: "0.3",
    });
    gitlab = openGitLab(short, new SkippingClock());
    const errors = await Promise.all(ids.map((id) => failure(read(id))));
    for (const [i, error] of errors.entries()) {
      expect(error).toBeInstanceOf(OperationTimeoutError);
      expect(error.what).toBe(`read agent ${ids[i]}`);
    }
  });

  it("of two tokens of an agent share one list, and a single one sends a GET", async () => {
    const [agent = 0] = agents(1);
    const [one, two] = [simulator.state.createToken(agent, "one"), simulator.state.createToken(agent, "two")];
    const token = (id: number): Promise<object> => gitlab.begin("read").tokens.read("group/app", agent, id);
    expect(await Promise.all([token(one.id), token(two.id)])).toMatchObject([{ name: "one" }, { name: "two" }]);
    expect(requestLines(simulator)).toEqual([
      `GET /projects/group%2Fapp/cluster_agents/${agent}/tokens?per_page=100&page=1`,
    ]);
    await gitlab.begin("revoke").tokens.revoke("group/app", agent, one.id);
    expect(await failure(token(one.id))).toBeInstanceOf(NotFoundError);
    expect(await token(two.id)).toMatchObject({ id: two.id, last_used_at: null });
  });
});

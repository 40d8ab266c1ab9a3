import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import {
  LostResponseError,
  NetworkError,
  NotFoundError,
  OperationTimeoutError,
  RateLimitedError,
  ServerError,
  type GitLab,
} from "../../provider/gitlab";
import { startSimulator, type FaultRule, type Simulator } from "../../simulator";
import { clientOf, failure, settings, SkippingClock } from "./client";
import { openGitLab } from "../../provider/gitlab";

const FAULTS: FaultRule[] = [
  { kind: "refuse" },
  { kind: "dropBefore" },
  { kind: "commitThenDrop" },
  { kind: "commitThenStatus", status: 500 },
  { kind: "commitThenStatus", status: 502 },
  { kind: "status", status: 408 },
  { kind: "status", status: 502 },
  { kind: "status", status: 503 },
  { kind: "status", status: 504 },
  { kind: "status", status: 503, headers: { "Retry-After": "20" } },
  { kind: "html" },
  { kind: "html", commit: true },
  { kind: "cutBody" },
  { kind: "unparsable" },
  { kind: "delayBefore", delay: 1500 },
  { kind: "delayAfter", delay: 1500 },
];
const REFUSALS: FaultRule[] = [
  { kind: "rateLimit", retryAfter: 7 },
  { kind: "rateLimit", retryAfter: new Date(Date.now() + 9_000).toUTCString() },
  { kind: "rateLimit", headers: false },
];
const named = (rules: FaultRule[]): [string, FaultRule][] =>
  rules.map((rule) => [
    Object.values(rule)
      .map((value) => (typeof value === "object" ? "with Retry-After" : String(value)))
      .join(" "),
    rule,
  ]);

describe("faults", () => {
  let simulator: Simulator;
  let clock: SkippingClock;
  let gitlab: GitLab;
  // A new simulator for each test, since a late commit would appear in the next test.
  beforeEach(async () => {
    simulator = await startSimulator();
    clock = new SkippingClock();
    gitlab = clientOf(simulator, clock, { requestTimeout: "0.7" });
  });
  afterEach(() => simulator.close());

  describe.each(named([...FAULTS, ...REFUSALS]))("%s", (_, rule) => {
    it("does not prevent a GET", async () => {
      const agent = simulator.state.createAgent("group/app", "one");
      // Two HTML pages in a row are reported as a wrong address.
      const times = rule.kind === "html" ? 1 : 2;
      simulator.faults.add({ ...rule, times });
      expect(await gitlab.begin("read").agents.get("group/app", agent.id)).toMatchObject({ id: agent.id });
      expect(simulator.requests).toHaveLength(times + 1);
      expect(clock.slept.length).toBeGreaterThanOrEqual(times);
    });

    it("does not prevent a list", async () => {
      simulator.state.createAgent("group/app", "one");
      simulator.faults.add({ ...rule, times: 1 });
      expect(await gitlab.begin("list").agents.list("group/app")).toHaveLength(1);
    });

    it("does not prevent a revocation", async () => {
      const agent = simulator.state.createAgent("group/app", "one");
      const token = simulator.state.createToken(agent.id, "blue");
      simulator.faults.add({ ...rule, times: 2 });
      await gitlab.begin("revoke").tokens.revoke("group/app", agent.id, token.id);
      expect(await gitlab.begin("list").tokens.list("group/app", agent.id)).toEqual([]);
    });

    it("does not prevent a deletion, which may end with a 404 if a lost try has deleted the agent", async () => {
      const agent = simulator.state.createAgent("group/app", "one");
      simulator.faults.add({ ...rule, times: 1 });
      const outcome = await gitlab
        .begin("delete")
        .agents.delete("group/app", agent.id)
        .catch((error: unknown) => error);
      expect([undefined, NotFoundError]).toContain(outcome === undefined ? undefined : (outcome as Error).constructor);
      expect(await gitlab.begin("list").agents.list("group/app")).toEqual([]);
    });
  });

  describe.each(named(FAULTS))("%s", (_, rule) => {
    it("is a lost response to a POST, which is sent once", async () => {
      simulator.faults.add({ ...rule, times: Infinity });
      const before = clock.now();
      const error = await failure(gitlab.begin('register agent "one"').agents.create("group/app", "one"));
      expect(error).toBeInstanceOf(LostResponseError);
      expect(simulator.requests).toHaveLength(1);
      expect(clock.slept).toEqual([]);
      const lost = error as LostResponseError;
      expect(lost.sentAt).toBeGreaterThanOrEqual(before);
      expect(lost.lostAt).toBeGreaterThanOrEqual(lost.sentAt);
      expect(lost.timedOut).toBe(rule.kind.startsWith("delay"));
      expect(lost.message).toMatch(
        /^Could not register agent "one": the response to POST .* was lost.* may have carried it out/,
      );
    });
  });

  describe.each(named(REFUSALS))("%s", (_, rule) => {
    it("delays a POST, which is then carried out once", async () => {
      simulator.faults.add({ ...rule, times: 2 });
      const agent = await gitlab.begin("register").agents.create("group/app", "one");
      expect(simulator.requests.map(({ status }) => status)).toEqual([429, 429, 201]);
      expect(agent.name).toBe("one");
      expect(clock.slept).toHaveLength(2);
    });
  });

  it("reads the id from a truncated response", async () => {
    simulator.faults.add({ kind: "cutBody" });
    const error = (await failure(gitlab.begin("register").agents.create("group/app", "one"))) as LostResponseError;
    const agents = await gitlab.begin("list").agents.list("group/app");
    expect(agents).toHaveLength(1);
    expect(error.objectId).toBe(agents[0]?.id);
  });

  it("does not accept an HTML page as the response to a deletion", async () => {
    const agent = simulator.state.createAgent("group/app", "one");
    simulator.faults.add({ kind: "html" });
    await gitlab.begin("delete").agents.delete("group/app", agent.id);
    expect(simulator.requests.map(({ status }) => status)).toEqual([200, 204]);
  });

  it("says how often and how long it tried, and what was last seen", async () => {
    simulator.faults.add({ kind: "status", status: 503, times: Infinity });
    clock.chance = 0.999;
    const error = await failure(clientOf(simulator, clock, { maxRetries: "3" }).begin("read the user").user());
    expect(error).toBeInstanceOf(ServerError);
    expect(simulator.requests).toHaveLength(4);
    expect(error.message).toMatch(
      /^Could not read the user: GET \/api\/v4\/user on http:\/\/127.* answered 503: an HTML page.*\(tried 4 times in [345] s/,
    );
  });

  it("reports a refused POST with GitLab's words", async () => {
    simulator.faults.add({ kind: "rateLimit", headers: false, times: Infinity });
    const error = await failure(
      clientOf(simulator, clock, { maxRetries: "2" }).begin("register").agents.create(101, "one"),
    );
    expect(error).toBeInstanceOf(RateLimitedError);
    expect(error.message).toMatch(/answered 429: .*tried 3 times/);
    expect(error.message).toContain("gitlab:maxRetries");
  });

  it("does not begin a wait that would pass the operation's limit", async () => {
    simulator.faults.add({ kind: "rateLimit", retryAfter: 400, times: Infinity });
    const error = await failure(gitlab.begin("read the user").user());
    expect(error).toBeInstanceOf(RateLimitedError);
    expect(error.message).toMatch(/the next try in 40\d s would pass the operation's limit of 300 s/);
    expect(clock.slept).toEqual([]);
  });

  it("ends at the operation's limit during a request", async () => {
    simulator.faults.add({ kind: "delayAfter", delay: 5000, times: Infinity });
    const short = clientOf(simulator, clock, { operationTimeout: "0.3", requestTimeout: "10" });
    const error = await failure(short.begin("read the user").user());
    expect(error).toBeInstanceOf(OperationTimeoutError);
    expect(error.message).toMatch(/operationTimeout`, 0.3 s/);
    const lost = await failure(short.begin("register").agents.create(101, "one"));
    expect(lost).toBeInstanceOf(LostResponseError);
    expect(lost).toMatchObject({ timedOut: true });
  });

  it("refuses to sleep past the operation's limit", async () => {
    const operation = gitlab.begin("wait");
    await operation.sleep(1000);
    expect(operation.remaining()).toBeLessThanOrEqual(299_000);
    expect(await failure(operation.sleep(299_500))).toBeInstanceOf(OperationTimeoutError);
  });
});

describe("a host without a server", () => {
  const clientAt = (clock: SkippingClock, baseUrl: string): GitLab =>
    openGitLab(settings({ baseUrl, token: "glpat-nobody", maxRetries: "2" }), clock);

  it("is tried again, also for a POST, since nothing was sent, and is no lost response", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const clock = new SkippingClock();
    const error = await failure(
      clientAt(clock, `http://127.0.0.1:${port}`).begin("register").agents.create(101, "one"),
    );
    expect(error).toBeInstanceOf(NetworkError);
    expect(error.message).toMatch(/the connection was refused: ECONNREFUSED \(tried 3 times/);
    expect(clock.slept).toHaveLength(2);
  });

  it.each(["2", "100"])(
    "without an address is looked up once more, whatever maxRetries is (%s)",
    async (maxRetries) => {
      const clock = new SkippingClock();
      const given = settings({ baseUrl: "http://gitlab.invalid", token: "glpat-nobody", maxRetries });
      const error = await failure(openGitLab(given, clock).begin("register").agents.create(101, "one"));
      expect(error).toBeInstanceOf(NetworkError);
      expect(error.message).toMatch(/host name is not known: ENOTFOUND \(tried 2 times.*http:\/\/gitlab\.invalid/);
    },
  );
});

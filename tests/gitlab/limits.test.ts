import { RateLimitedError, type GitLab } from "../../provider/gitlab";
import { startSimulator, type Simulator } from "../../simulator";
import { clientOf, failure, settings, SkippingClock } from "./client";
import { openGitLab } from "../../provider/gitlab";

describe("requests at once", () => {
  let simulator: Simulator | undefined;
  afterEach(() => simulator?.close());
  const users = (gitlab: GitLab, count: number): Promise<unknown> =>
    Promise.all(Array.from({ length: count }, (_, i) => gitlab.begin(`look ${i}`).user()));

  it("are no more than maxConcurrency, on as many connections, which are kept", async () => {
    simulator = await startSimulator({ latency: 10 });
    const gitlab = clientOf(simulator, new SkippingClock(), { maxConcurrency: "3" });
    await users(gitlab, 20);
    await users(gitlab, 20);
    expect(simulator.concurrency.peak).toBe(3);
    expect(simulator.connections).toMatchObject({ peak: 3, total: 3 });
  });

  it("do not spend their own limit while they wait for their turn", async () => {
    simulator = await startSimulator({ latency: 150 });
    const gitlab = clientOf(simulator, new SkippingClock(), {
      maxConcurrency: "1",
      requestTimeout: "0.4",
      maxRetries: "0",
    });
    await users(gitlab, 5);
    expect(simulator.requests.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  });

  it("are held back by a 429 that has no tries left, too", async () => {
    simulator = await startSimulator();
    const clock = new SkippingClock();
    const gitlab = clientOf(simulator, clock, { maxRetries: "0" });
    simulator.faults.add({ kind: "rateLimit", retryAfter: 40 });
    expect(await failure(gitlab.begin("look").user())).toBeInstanceOf(RateLimitedError);
    await gitlab.begin("look again").user();
    expect(clock.slept.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThan(39_000);
  });

  it("leave their place to others while they wait for a retry", async () => {
    simulator = await startSimulator();
    const clock = new SkippingClock();
    let wake = (): void => undefined;
    const asleep = new Promise<void>((resolve) => {
      clock.sleep = () => new Promise((woken) => ((wake = woken), resolve()));
    });
    const gitlab = clientOf(simulator, clock, { maxConcurrency: "1" });
    simulator.faults.add({ kind: "status", status: 502, path: "/user" });
    const slow = gitlab.begin("look").user();
    await asleep;
    await gitlab.begin("look at GitLab").metadata();
    expect(simulator.requests.map(({ path, status }) => `${path} ${status}`)).toEqual([
      "/api/v4/user 502",
      "/api/v4/metadata 200",
    ]);
    wake();
    await slow;
  });
});

describe("the gate", () => {
  let simulator: Simulator;
  let clock: SkippingClock;
  beforeEach(async () => {
    simulator = await startSimulator();
    clock = new SkippingClock();
  });
  afterEach(() => simulator.close());

  it("makes all requests to the host wait while one is told to, other clients' included", async () => {
    simulator.faults.add({ kind: "rateLimit", retryAfter: 40 });
    const first = clientOf(simulator, clock);
    const second = clientOf(simulator, clock, { token: simulator.tokens.developer ?? "" });
    const from = clock.now();
    const refused = first.begin("look").user();
    while (clock.slept.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await Promise.all([refused, first.begin("look").metadata(), second.begin("look").user()]);
    expect(simulator.requests.map(({ status }) => status)).toEqual([429, 200, 200, 200]);
    expect(clock.now() - from).toBeGreaterThanOrEqual(40_000);
  });

  it("tells a long wait once, however many requests run into it", async () => {
    simulator.faults.add({ kind: "rateLimit", retryAfter: 40, times: 8 });
    const { sleep } = clock;
    clock.sleep = async (ms) => {
      // Time passes only once all eight were refused: they run into one and the same wait.
      while (simulator.requests.filter(({ status }) => status === 429).length < 8) await new Promise(setImmediate);
      await sleep(ms);
    };
    const gitlab = clientOf(simulator, clock);
    await Promise.all(Array.from({ length: 8 }, () => gitlab.begin("look").user()));
    const { host } = new URL(simulator.url);
    const told = (seconds: number): unknown =>
      expect.stringMatching(
        `^GitLab at ${host} limits the request rate \\(429\\), try 1 of \\d+, next in ${seconds} s$`,
      );
    expect(clock.infos).toEqual([told(40)]);
    simulator.faults.add({ kind: "rateLimit", retryAfter: 12 });
    await gitlab.begin("look").user();
    expect(clock.infos).toEqual([told(40), told(12)]);
  });

  it("tells a long wait of our own making, once, with what was last seen", async () => {
    simulator.faults.add({ kind: "status", status: 503, times: 6 });
    clock.chance = 0.8;
    await clientOf(simulator, clock).begin("look").user();
    expect(clock.infos).toEqual([
      expect.stringMatching(/^GitLab at 127\.0\.0\.1:\d+ does not answer \(503\), try 4 of \d+, next in 3 s$/),
    ]);
  });

  it("keeps short waits to itself", async () => {
    simulator.faults.add({ kind: "rateLimit", retryAfter: 4 });
    await clientOf(simulator, clock).begin("look").user();
    expect(clock.infos).toEqual([]);
  });

  it("gives up at once what could not be sent within its limit", async () => {
    simulator.faults.add({ kind: "rateLimit", retryAfter: 400, times: Infinity });
    const gitlab = clientOf(simulator, clock);
    await failure(gitlab.begin("look").user());
    const error = await failure(gitlab.begin("register").agents.create(101, "one"));
    expect(error).toBeInstanceOf(RateLimitedError);
    expect(error.message).toMatch(/asked this process to wait beyond the operation's limit/);
    expect(simulator.requests).toHaveLength(1);
  });

  it("brings a burst through a rate limit", async () => {
    await simulator.close();
    // GitLab's clock is the skipping one, so that its windows end when our waits do.
    simulator = await startSimulator({ rateLimit: { requests: 20, period: 60 }, clock: clock.now });
    const gitlab = clientOf(simulator, clock);
    const users = await Promise.all(Array.from({ length: 90 }, () => gitlab.begin("look").user()));
    expect(users).toHaveLength(90);
    const served = simulator.requests.filter(({ status }) => status === 200).length;
    const refused = simulator.requests.filter(({ status }) => status === 429).length;
    expect(served).toBe(90);
    // Four windows are needed beyond the first; each turns away at most what was under way.
    expect(refused).toBeLessThanOrEqual(5 * 8);
  });
});

describe("limits of one request", () => {
  it("counts from when the request leaves, over its whole answer", async () => {
    const simulator = await startSimulator();
    try {
      simulator.faults.add({ kind: "delayAfter", delay: 600 });
      const clock = new SkippingClock();
      const given = settings({
        baseUrl: simulator.url,
        token: simulator.tokens.maintainer ?? "",
        requestTimeout: "0.2",
        maxRetries: "0",
      });
      const error = await failure(openGitLab(given, clock).begin("look").user());
      expect(error.message).toMatch(/no response within 0.2 s/);
    } finally {
      await simulator.close();
    }
  });
});

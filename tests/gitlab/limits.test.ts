import { RateLimitedError, type GitLab } from "../../provider/gitlab";
import { startSimulator, type Simulator } from "../../simulator";
import { clientOf, failure, settings, SkippingClock } from "./client";
import { openGitLab } from "../../provider/gitlab";

describe("requests at once", () => {
  let simulator: Simulator | undefined;
  afterEach(() => simulator?.close());
  const users = (gitlab: GitLab, count: number): Promise<unknown> =>
    Promise.all(Array.from({ length: count }, (_, i) => gitlab.begin(`look ${i}`).user()));

  it("are at most maxConcurrency, on as many connections, which stay open", async () => {
    simulator = await startSimulator({ latency: 10 });
    const gitlab = clientOf(simulator, new SkippingClock(), { maxConcurrency: "3" });
    await users(gitlab, 20);
    await users(gitlab, 20);
    expect(simulator.concurrency.peak).toBe(3);
    expect(simulator.connections).toMatchObject({ peak: 3, total: 3 });
  });

  it("have a limit that starts after the wait for a slot", async () => {
    simulator = await startSimulator({ latency: 1800 });
    const gitlab = clientOf(simulator, new SkippingClock(), {
      maxConcurrency: "1",
      requestTimeout: "5",
      maxRetries: "0",
    });
    await users(gitlab, 3);
    expect(simulator.requests.map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  it("wait after a 429, also if the refused request had no tries left", async () => {
    simulator = await startSimulator();
    const clock = new SkippingClock();
    const gitlab = clientOf(simulator, clock, { maxRetries: "0" });
    simulator.faults.add({ kind: "rateLimit", retryAfter: 40 });
    expect(await failure(gitlab.begin("look").user())).toBeInstanceOf(RateLimitedError);
    await gitlab.begin("look again").user();
    expect(clock.slept.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThan(39_000);
  });

  it("do not occupy a slot while they wait for a retry", async () => {
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

  it("makes all requests to the host wait if one must, also those of other clients", async () => {
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

  it("shows a long wait once, for any number of waiting requests", async () => {
    simulator.faults.add({ kind: "rateLimit", retryAfter: 40, times: 8 });
    const { sleep } = clock;
    clock.sleep = async (ms) => {
      // The clock advances only after all eight were refused, so they share one wait.
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

  it("shows a long wait of our own once, with what was last seen", async () => {
    simulator.faults.add({ kind: "status", status: 503, times: 6 });
    clock.chance = 0.8;
    await clientOf(simulator, clock).begin("look").user();
    expect(clock.infos).toEqual([
      expect.stringMatching(/^GitLab at 127\.0\.0\.1:\d+ does not answer \(503\), try 4 of \d+, next in 3 s$/),
    ]);
  });

  it("does not show short waits", async () => {
    simulator.faults.add({ kind: "rateLimit", retryAfter: 4 });
    await clientOf(simulator, clock).begin("look").user();
    expect(clock.infos).toEqual([]);
  });

  it("ends a request at once that could not be sent within its limit", async () => {
    simulator.faults.add({ kind: "rateLimit", retryAfter: 400, times: Infinity });
    const gitlab = clientOf(simulator, clock);
    await failure(gitlab.begin("look").user());
    const error = await failure(gitlab.begin("register").agents.create(101, "one"));
    expect(error).toBeInstanceOf(RateLimitedError);
    expect(error.message).toMatch(/asked this process to wait beyond the operation's limit/);
    expect(simulator.requests).toHaveLength(1);
  });

  it("delays a burst so that it passes a rate limit", async () => {
    await simulator.close();
    // The simulator uses the skipping clock, so its rate-limit periods end when our waits do.
    simulator = await startSimulator({ rateLimit: { requests: 20, period: 60 }, clock: clock.now });
    // On a busy machine the burst may take one period more, which the default limit would not leave.
    const gitlab = clientOf(simulator, clock, { operationTimeout: "900" });
    const users = await Promise.all(Array.from({ length: 90 }, () => gitlab.begin("look").user()));
    expect(users).toHaveLength(90);
    const served = simulator.requests.filter(({ status }) => status === 200).length;
    const refused = simulator.requests.filter(({ status }) => status === 429).length;
    expect(served).toBe(90);
    // The requests fill four more periods; in each of them, at most the requests that were running are refused.
    expect(refused).toBeLessThanOrEqual(5 * 8);
  });
});

describe("limits of one request", () => {
  it("starts when the request is sent, and covers the whole response", async () => {
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

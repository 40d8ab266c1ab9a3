import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { NetworkError, RateLimitedError, ServerError } from "../../provider/gitlab";
import { startSimulator, type Simulator } from "../../simulator";
import { clientOf, failure, SkippingClock } from "./client";

describe("a passing failure", () => {
  let simulator: Simulator;
  let clock: SkippingClock;
  beforeEach(async () => {
    simulator = await startSimulator();
    clock = new SkippingClock();
  });
  afterEach(() => simulator.close());

  it.each([0, 0.5, 0.999])(
    "is retried as long as the operation lasts, such as during a restart of minutes (random %d)",
    async (chance) => {
      clock.chance = chance;
      const down = simulator.faults.add({ kind: "status", status: 502, times: Infinity });
      clock.later(200_000, () => down.remove());
      expect(await clientOf(simulator, clock).begin("look").user()).toMatchObject({ username: "maintainer" });
      expect(simulator.requests.length).toBeGreaterThan(9);
      expect(simulator.requests.length).toBeLessThan(60);
      expect(Math.max(...clock.slept)).toBeLessThanOrEqual(30_000);
    },
  );

  it("ends at the operation's limit, not after a number of tries", async () => {
    simulator.faults.add({ kind: "status", status: 503, times: Infinity });
    const from = clock.now();
    const error = await failure(clientOf(simulator, clock).begin("look").user());
    expect(error).toBeInstanceOf(ServerError);
    expect(error.message).toMatch(
      /tried \d\d times in 2\d\d s; the next try in \d+ s would pass the operation's limit of 300 s/,
    );
    expect(clock.now() - from).toBeGreaterThan(270_000);
    expect(clock.now() - from).toBeLessThanOrEqual(301_000);
  });

  it("is retried maxRetries times if the user set it", async () => {
    simulator.faults.add({ kind: "status", status: 503, times: Infinity });
    const error = await failure(clientOf(simulator, clock, { maxRetries: "8" }).begin("look").user());
    expect(error.message).toMatch(/tried 9 times/);
    expect(simulator.requests).toHaveLength(9);
  });

  it("includes a refused connection, for a POST too", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const nobody = clientOf({ url: `http://127.0.0.1:${port}`, tokens: { maintainer: "glpat-nobody" } }, clock);
    const from = clock.now();
    const error = await failure(nobody.begin("register").agents.create(101, "one"));
    expect(error).toBeInstanceOf(NetworkError);
    expect(clock.now() - from).toBeGreaterThan(270_000);
  });

  it("does not include a complete response that is not GitLab's, which is retried maxRetries times in any case", async () => {
    simulator.faults.add({ kind: "status", status: 200, body: { hello: "you" }, times: Infinity });
    await failure(clientOf(simulator, clock).begin("look").user());
    expect(simulator.requests).toHaveLength(9);
  });
});

describe("an unknown host name", () => {
  it("is looked up once more, without maxRetries", async () => {
    const clock = new SkippingClock();
    const gitlab = clientOf({ url: "http://gitlab.invalid", tokens: { maintainer: "glpat-nobody" } }, clock);
    const error = await failure(gitlab.begin("look").user());
    expect(error.message).toMatch(/host name is not known: ENOTFOUND \(tried 2 times/);
    expect(clock.slept).toHaveLength(1);
  });
});

describe("headers with a time to wait", () => {
  let simulator: Simulator;
  let clock: SkippingClock;
  beforeEach(async () => {
    simulator = await startSimulator();
    clock = new SkippingClock();
  });
  afterEach(() => simulator.close());
  const reset = (): Record<string, string> => ({
    "RateLimit-Remaining": "1990",
    "RateLimit-Reset": String(Math.ceil(clock.now() / 1000) + 50),
  });

  it.each([500, 502, 503])("are ignored: RateLimit-Reset on a %d", async (status) => {
    simulator.faults.add({ kind: "status", status, headers: reset() });
    await clientOf(simulator, clock).begin("look").user();
    expect(clock.slept).toHaveLength(1);
    expect(clock.slept[0]).toBeLessThan(1000);
  });

  it.each([500, 502, 504])("are ignored: Retry-After on a %d", async (status) => {
    simulator.faults.add({ kind: "status", status, headers: { "Retry-After": "50" } });
    await clientOf(simulator, clock).begin("look").user();
    expect(Math.max(...clock.slept)).toBeLessThan(1000);
  });

  it("are followed: Retry-After on a 503, and both on a 429", async () => {
    for (const [status, headers] of [
      [503, { "Retry-After": "50" }],
      [429, { "Retry-After": "50" }],
      [429, reset()],
    ] as const) {
      clock.slept.length = 0;
      simulator.faults.add({ kind: "status", status, headers });
      await clientOf(simulator, clock).begin("look").user();
      expect(Math.max(...clock.slept)).toBeGreaterThan(45_000);
    }
  });
});

describe("the line about a wait", () => {
  let simulator: Simulator;
  let clock: SkippingClock;
  let host: string;
  beforeEach(async () => {
    simulator = await startSimulator();
    clock = new SkippingClock();
    ({ host } = new URL(simulator.url));
  });
  afterEach(() => simulator.close());

  it("appears before five seconds of waiting have passed, with host, status, try and next try, also if each wait is short", async () => {
    simulator.faults.add({ kind: "status", status: 503, times: 5 });
    clock.chance = 0.7;
    await clientOf(simulator, clock, { maxRetries: "8" }).begin("look").user();
    expect(clock.slept).toEqual([350, 700, 1400, 2800, 5600]);
    expect(clock.infos).toEqual([`GitLab at ${host} does not answer (503), try 4 of 9, next in 3 s`]);
  });

  it("does not appear for shorter waits", async () => {
    simulator.faults.add({ kind: "status", status: 503, times: 4 });
    await clientOf(simulator, clock).begin("look").user();
    expect(clock.slept).toEqual([250, 500, 1000, 2000]);
    expect(clock.infos).toEqual([]);
  });

  it("appears once for a hundred waiting requests, and again after half a minute", async () => {
    const down = simulator.faults.add({ kind: "status", status: 502, times: Infinity });
    clock.later(20_000, () => down.remove());
    const gitlab = clientOf(simulator, clock);
    await Promise.all(Array.from({ length: 100 }, () => gitlab.begin("look").user()));
    expect(clock.infos).toHaveLength(1);
    clock.infos.length = 0;
    simulator.faults.add({ kind: "status", status: 502, times: Infinity });
    await failure(gitlab.begin("look").user());
    expect(clock.infos.length).toBeGreaterThan(3);
    expect(clock.infos.length).toBeLessThanOrEqual(10);
  });

  it("counts the tries that the time limit allows if maxRetries is not set or larger", async () => {
    clock.chance = 0.8;
    for (const values of [{}, { maxRetries: "1000" }] as Record<string, string>[]) {
      const here = new SkippingClock();
      simulator.faults.add({ kind: "status", status: 503, times: Infinity });
      const error = await failure(clientOf(simulator, here, values).begin("look").user());
      const tried = Number(/tried (\d+) times/.exec(error.message)?.[1]);
      const totals = here.infos.map((line) => Number(/try \d+ of (\d+),/.exec(line)?.[1]));
      for (const all of totals) expect(Math.abs(all - tried)).toBeLessThanOrEqual(2);
      expect(totals.length).toBeGreaterThan(0);
    }
  });

  it("shows a cut connection, and says if GitLab asked for the wait", async () => {
    simulator.faults.add({ kind: "dropBefore", times: 5 });
    await clientOf(simulator, clock).begin("look").user();
    expect(clock.infos).toEqual([
      expect.stringMatching(
        `^GitLab at ${host} does not answer \\(the connection was cut: ECONNRESET\\), try 5 of \\d\\d, next in 5 s$`,
      ),
    ]);
    const other = new SkippingClock();
    simulator.faults.add({ kind: "rateLimit", retryAfter: 40 });
    await clientOf(simulator, other).begin("look").user();
    expect(other.infos).toEqual([`GitLab at ${host} limits the request rate (429), try 1 of 8, next in 40 s`]);
  });

  it("appears for requests that wait because another one was refused", async () => {
    simulator.faults.add({ kind: "rateLimit", retryAfter: 40 });
    const gitlab = clientOf(simulator, clock, { maxRetries: "0" });
    expect(await failure(gitlab.begin("look").user())).toBeInstanceOf(RateLimitedError);
    await gitlab.begin("look again").user();
    expect(clock.infos).toEqual([
      expect.stringMatching(`^GitLab at ${host} limits the request rate \\(429\\), continuing in 4[01] s$`),
    ]);
  });

  it("shows the status of the request that was asked to wait, such as 503", async () => {
    simulator.faults.add({ kind: "status", status: 503, headers: { "retry-after": "40" } });
    const gitlab = clientOf(simulator, clock, { maxRetries: "0" });
    expect(await failure(gitlab.begin("look").user())).toBeInstanceOf(ServerError);
    await gitlab.begin("look again").user();
    expect(clock.infos).toEqual([
      expect.stringMatching(`^GitLab at ${host} does not answer \\(503\\), continuing in 4[01] s$`),
    ]);
  });
});

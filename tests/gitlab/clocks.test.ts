import { openGitLab, type Settings } from "../../provider/gitlab";
import { startSimulator, type Simulator } from "../../simulator";
import { PROCESS_RUNTIME, runtimeWith } from "../../provider/gitlab/runtime";
import { ServerClock } from "../../provider/gitlab/http/serverClock";
import { failure, settings, SkippingClock } from "./client";

const HOUR = 3_600_000;

/** The machine's clock is set during an operation; the process's monotonic clock is not affected. */
describe.each([
  ["forward", HOUR],
  ["back", -HOUR],
])("a machine's clock that is set %s during an operation", (_, step) => {
  const trueNow = Date.now;
  let shift = 0;
  let simulator: Simulator;
  let given: Settings;
  beforeEach(async () => {
    shift = 0;
    jest.spyOn(Date, "now").mockImplementation(() => trueNow() + shift);
    simulator = await startSimulator({ clock: trueNow });
    given = settings({ baseUrl: simulator.url, token: simulator.tokens.maintainer ?? "", operationTimeout: "20" });
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await simulator.close();
  });

  it("neither ends nor prolongs its time limit", async () => {
    const operation = openGitLab(given).begin("look");
    shift = step;
    expect(operation.remaining()).toBeGreaterThan(15_000);
    expect(operation.remaining()).toBeLessThanOrEqual(20_000);
    simulator.faults.add({ kind: "status", status: 503 });
    expect(await operation.user()).toMatchObject({ username: "maintainer" });
    await operation.sleep(1);
  });

  it("does not make requests wait longer than GitLab asked", async () => {
    const gitlab = openGitLab(given);
    simulator.faults.add({ kind: "rateLimit", retryAfter: 1 });
    const first = gitlab.begin("look").user();
    while (simulator.requests.length === 0) await new Promise(setImmediate);
    shift = step;
    const from = performance.now();
    await first;
    await gitlab.begin("look").user();
    expect(performance.now() - from).toBeLessThan(5000);
  });

  it("does not change the bounds of GitLab's time before, during and after the change", async () => {
    const operation = openGitLab(given).begin("look");
    const sentAt = operation.now();
    const before = trueNow();
    await operation.user();
    shift = step;
    await operation.user();
    const lostAt = operation.now();
    for (const [local, real] of [
      [sentAt, before],
      [lostAt, trueNow()],
    ] as const) {
      const bounds = operation.serverTime(local);
      expect(bounds?.earliest).toBeLessThanOrEqual(real + 1);
      expect(bounds?.latest).toBeGreaterThanOrEqual(real - 1);
      expect((bounds?.latest ?? 0) - (bounds?.earliest ?? 0)).toBeLessThan(5000);
    }
  });
});

it("dates in a response without a Date header are compared with the machine's clock", async () => {
  const simulator = await startSimulator();
  try {
    const clock = new SkippingClock();
    // The monotonic clock, which time limits use, is an hour behind the machine's clock, which has been set since.
    const gitlab = openGitLab(settings({ baseUrl: simulator.url, token: simulator.tokens.maintainer ?? "" }), {
      now: clock.now,
      wallClock: () => clock.now() + HOUR,
      sleep: clock.sleep,
      random: clock.random,
      info: clock.info,
      warn: clock.warn,
    });
    const until = new Date(clock.now() + HOUR + 30_000).toUTCString();
    simulator.faults.add({ kind: "status", status: 503, headers: { "Retry-After": until, Date: "" } });
    await gitlab.begin("look").user();
    expect(Math.max(...clock.slept)).toBeGreaterThan(25_000);
    expect(Math.max(...clock.slept)).toBeLessThan(32_000);
  } finally {
    await simulator.close();
  }
});

it("a single given clock is used for limits and dates", () => {
  const now = (): number => 7;
  expect(runtimeWith({ now }).wallClock).toBe(now);
  expect(runtimeWith({}).wallClock).toBe(PROCESS_RUNTIME.wallClock);
});

it("a limit that passes on the injected clock ends an operation", async () => {
  const clock = new SkippingClock();
  const operation = openGitLab(settings({ token: "glpat-nobody" }), clock).begin("wait");
  await clock.sleep(299_999);
  expect((await failure(operation.sleep(10))).message).toMatch(/operation's limit would pass/);
});

describe("a machine that sleeps, so that its monotonic clock stops", () => {
  const T = Date.parse("Tue, 01 Sep 2026 12:00:00 GMT");
  const http = (ms: number): string => new Date(ms).toUTCString();

  it("keeps the bounds of earlier times, and widens those of times in between", () => {
    const clock = new ServerClock();
    clock.observe(http(T), T, T + 100);
    // The machine slept for an hour after T + 5 s.
    clock.observe(http(T + 10_000 + HOUR), T + 10_000, T + 10_100);
    expect(clock.at(T + 100)).toEqual({ earliest: T, latest: T + 1100 });
    expect(clock.at(T + 10_000)).toEqual({ earliest: T + HOUR + 9900, latest: T + HOUR + 11_000 });
    expect(clock.at(T + 5000)).toEqual({ earliest: T + 4900, latest: T + HOUR + 6000 });
  });
});

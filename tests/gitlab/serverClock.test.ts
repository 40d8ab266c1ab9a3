import { ServerClock } from "../../provider/gitlab/http/serverClock";

const T = Date.parse("Tue, 01 Sep 2026 12:00:00 GMT");
const http = (ms: number): string => new Date(ms).toUTCString();

describe("ServerClock", () => {
  it("knows nothing before the first response, nor after a response without a Date header", () => {
    const clock = new ServerClock();
    clock.observe(undefined, T, T + 10);
    clock.observe("yesterday", T, T + 10);
    expect(clock.at(T)).toBeUndefined();
  });

  it("limits GitLab's time by the second in the header and the duration of the request", () => {
    const clock = new ServerClock();
    // GitLab is an hour ahead; the response took 200 ms.
    clock.observe(http(T + 3_600_000), T, T + 200);
    expect(clock.at(T)).toEqual({ earliest: T + 3_600_000 - 200, latest: T + 3_600_000 + 1000 });
  });

  it("narrows the bounds with each response, and they always contain the real time", () => {
    const clock = new ServerClock();
    const ahead = 1234;
    for (let i = 0; i < 50; i++) {
      const sentAt = T + i * 1037;
      clock.observe(http(Math.floor((sentAt + 20 + ahead) / 1000) * 1000), sentAt, sentAt + 40);
    }
    const { earliest, latest } = clock.at(T) ?? { earliest: 0, latest: 0 };
    expect(earliest).toBeLessThanOrEqual(T + ahead);
    expect(latest).toBeGreaterThanOrEqual(T + ahead);
    expect(latest - earliest).toBeLessThan(150);
  });

  it("uses the newest response if two contradict each other", () => {
    const clock = new ServerClock();
    clock.observe(http(T + 60_000), T, T);
    clock.observe(http(T), T, T);
    expect(clock.at(T)).toEqual({ earliest: T, latest: T + 1000 });
  });
});

import {
  responseLost,
  backoff,
  mayRepeat,
  RETRY_POLICY,
  retryAfter,
  waitBefore,
  type TryFailure,
} from "../../provider/gitlab/http/retry";

const NOW = Date.parse("Tue, 01 Sep 2026 12:00:00 GMT");
const failed = (facts: Partial<TryFailure>): TryFailure => ({ kind: "status", sent: true, ...facts });

describe("requests that may be retried", () => {
  it.each(["GET", "POST", "DELETE"])("a refused %s", (method) => {
    expect(mayRepeat(method, failed({ status: 429 }))).toBe(true);
    expect(mayRepeat(method, failed({ kind: "network", sent: false }))).toBe(true);
    expect(mayRepeat(method, failed({ kind: "timeout", sent: false }))).toBe(true);
  });

  it.each([408, 500, 502, 503, 504])("a GET or DELETE after %d, never a POST", (status) => {
    expect(mayRepeat("GET", failed({ status }))).toBe(true);
    expect(mayRepeat("DELETE", failed({ status }))).toBe(true);
    expect(mayRepeat("POST", failed({ status }))).toBe(false);
    expect(responseLost("POST", failed({ status }))).toBe(true);
  });

  it.each([400, 401, 403, 404, 405, 409, 412, 418, 422, 501])("no request after %d", (status) => {
    for (const method of ["GET", "POST", "DELETE"]) expect(mayRepeat(method, failed({ status }))).toBe(false);
  });

  it.each([400, 403, 404, 409, 422])(
    "any request after a %d with a truncated or broken body, since nothing was carried out",
    (status) => {
      for (const method of ["GET", "POST", "DELETE"]) {
        expect(mayRepeat(method, failed({ status, garbled: true }))).toBe(true);
        expect(responseLost(method, failed({ status, garbled: true }))).toBe(false);
      }
    },
  );

  it.each([408, 500, 503])("no POST after a %d with a truncated body", (status) => {
    expect(mayRepeat("POST", failed({ status, garbled: true }))).toBe(false);
  });

  it.each(["body", "network", "timeout"] as const)(
    "a GET or DELETE after a failure of kind %s, never a POST that was sent",
    (kind) => {
      expect(mayRepeat("GET", failed({ kind }))).toBe(true);
      expect(mayRepeat("DELETE", failed({ kind }))).toBe(true);
      expect(mayRepeat("POST", failed({ kind }))).toBe(false);
      expect(responseLost("POST", failed({ kind }))).toBe(true);
    },
  );

  it.each(["permanent", "deadline"] as const)("no request after a failure of kind %s", (kind) => {
    for (const method of ["GET", "POST", "DELETE"]) expect(mayRepeat(method, failed({ kind }))).toBe(false);
  });

  it("a refused or unsent POST, which is not lost", () => {
    for (const status of [400, 401, 403, 404, 422, 429]) expect(responseLost("POST", failed({ status }))).toBe(false);
    expect(responseLost("POST", failed({ kind: "network", sent: false }))).toBe(false);
    expect(responseLost("GET", failed({ status: 502 }))).toBe(false);
  });
});

describe("the wait before a retry", () => {
  it.each([
    ["seconds", { "retry-after": "40" }, 40_000],
    [
      "an HTTP date, by GitLab's own clock",
      { "retry-after": "Tue, 01 Sep 2026 13:00:30 GMT", date: "Tue, 01 Sep 2026 13:00:00 GMT" },
      30_000,
    ],
    ["an HTTP date, by our clock", { "retry-after": "Tue, 01 Sep 2026 12:00:07 GMT" }, 7_000],
    ["RateLimit-Reset", { "ratelimit-reset": String(NOW / 1000 + 12) }, 12_000],
    [
      "RateLimit-Reset by GitLab's own clock",
      { "ratelimit-reset": String(NOW / 1000 + 3612), date: "Tue, 01 Sep 2026 13:00:00 GMT" },
      12_000,
    ],
    ["Retry-After before RateLimit-Reset", { "retry-after": "3", "ratelimit-reset": String(NOW / 1000 + 12) }, 3_000],
    [
      "RateLimit-Reset where Retry-After is nonsense",
      { "retry-after": "soon", "ratelimit-reset": String(NOW / 1000 + 12) },
      12_000,
    ],
  ])("is read from %s", (_, headers, wait) => {
    expect(retryAfter(headers as Record<string, string>, NOW)).toBe(wait);
  });

  it.each([{}, { "retry-after": "0" }, { "retry-after": "Tue, 01 Sep 2026 11:59:00 GMT" }, { "ratelimit-reset": "1" }])(
    "is not read from %j",
    (headers) => {
      expect(retryAfter(headers as Record<string, string>, NOW)).toBeUndefined();
    },
  );

  it("doubles up to a maximum, with full jitter", () => {
    const steps = [1, 2, 3, 4, 5, 6, 7, 8].map((retry) => backoff(retry, failed({ status: 502 }), () => 0.999_999));
    expect(steps).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    expect(backoff(8, failed({ status: 502 }), () => 0)).toBe(0);
    expect(backoff(3, failed({ status: 429 }), () => 0.5)).toBe(2000);
  });

  it("is at least what GitLab asks for, plus a small random addition", () => {
    const failure = failed({ status: 429, headers: { "retry-after": "40" } });
    expect(waitBefore(1, failure, NOW, () => 0)).toEqual({ ms: 40_000, requested: 40_000 });
    expect(waitBefore(1, failure, NOW, () => 1).ms).toBe(40_000 + RETRY_POLICY.spread);
  });
});

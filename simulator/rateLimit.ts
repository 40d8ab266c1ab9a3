import { ApiError } from "./errors";

/** A rate limit as GitLab's: a number of requests of one credential in each period. */
export interface RateLimit {
  requests: number;
  /** Seconds; periods are counted from 1970, not from the first request. */
  period: number;
  /** Whether a 429 has `Retry-After` and `RateLimit-*`. Default true. */
  headers?: boolean;
  /** Body of a 429. Default `Retry later`. */
  body?: string;
}

/** GitLab's default text of a 429. */
export const THROTTLED_BODY = "Retry later";

/** Headers of a 429, calculated as in GitLab. */
export function throttledHeaders(limit: RateLimit, observed: number, now: number): Record<string, string> {
  const seconds = Math.floor(now / 1000);
  const wait = limit.period - (seconds % limit.period);
  return {
    "RateLimit-Name": "throttle_authenticated_api",
    // The shown limit is for sixty seconds, rounded up; the shown remainder is for the period.
    "RateLimit-Limit": String(Math.ceil((limit.requests * 60) / limit.period)),
    "RateLimit-Observed": String(observed),
    "RateLimit-Remaining": String(Math.max(0, limit.requests - observed)),
    "RateLimit-Reset": String(seconds + wait),
    "RateLimit-ResetTime": new Date((seconds + wait) * 1000).toUTCString(),
    "Retry-After": String(wait),
  };
}

/** Counts requests by credential in fixed windows. */
export class RateLimiter {
  private window = 0;
  private readonly counts = new Map<string, number>();

  constructor(
    private readonly limit: RateLimit | undefined,
    private readonly now: () => number,
  ) {}

  /** @throws ApiError 429 as plain text once the period's requests are used up */
  count(credential: string | undefined): void {
    if (this.limit === undefined) return;
    const now = this.now();
    const window = Math.floor(now / 1000 / this.limit.period);
    if (window !== this.window) this.counts.clear();
    this.window = window;
    const key = credential ?? "";
    const observed = (this.counts.get(key) ?? 0) + 1;
    this.counts.set(key, observed);
    if (observed > this.limit.requests) {
      const headers = this.limit.headers === false ? {} : throttledHeaders(this.limit, observed, now);
      throw new ApiError(429, this.limit.body ?? THROTTLED_BODY, headers);
    }
  }

  clear(): void {
    this.counts.clear();
  }
}

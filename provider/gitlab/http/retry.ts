/**
 * When a request is sent again, and after how long: data and pure functions. Clock, sleep and chance are the caller's.
 *
 * A refused request (429, or one that never left) was not carried out, so every method may be sent again. Whatever else went
 * wrong, GitLab may have carried it out: harmless for GET and DELETE, but a second POST would make a second object.
 */
export const RETRY_POLICY = {
  /** The request was refused before anything happened: again for every method. */
  refused: [429],
  /** Passing trouble: again for {@link RETRY_POLICY.repeatable} methods. 520 to 524 are Cloudflare's, in front of GitLab.com. */
  passing: [408, 500, 502, 503, 504, 520, 521, 522, 523, 524],
  /** Methods that do no more harm twice than once. */
  repeatable: ["GET", "DELETE"],
  /** Statuses whose `Retry-After` counts. */
  namesWait: [429, 503],
  /** Statuses whose `RateLimit-Reset` counts: other responses carry the header as well, while requests are left. */
  namesReset: [429],
  /** First step of the exponential wait, ms, where GitLab names no time. */
  backoff: 500,
  /** The same for 429: GitLab counts by the minute. */
  backoffRateLimited: 1_000,
  /** Longest step of the exponential wait, ms. */
  longestBackoff: 30_000,
  /** From this retry on a wait has a least length, since the time limit alone may bound the number of tries. */
  leastBackoffFrom: 5,
  /** That least length, ms. */
  leastBackoff: 5_000,
  /** Spread added to a wait that GitLab named, ms, so that several runs do not all come back in one instant. */
  spread: 250,
} as const;

/** How one try of a request failed. */
export interface TryFailure {
  /**
   * - `status`: GitLab answered with an error
   * - `body`: a success whose body was cut or is not what the API sends
   * - `network`: no answer
   * - `timeout`: the request's own limit, `deadline`: the operation's limit
   * - `permanent`: the same would happen again at once (TLS trust, a proxy that refuses)
   */
  kind: "status" | "body" | "network" | "timeout" | "deadline" | "permanent";
  status?: number;
  /** False only where the request surely never reached GitLab. */
  sent: boolean;
  /** Headers of the answer, in lower case. */
  headers?: Readonly<Record<string, string>>;
  /** GitLab refused, and the body that says why is cut or broken. */
  garbled?: boolean;
  /** A success whose body arrived whole, and is an HTML page, more than we read, or something else that the API does not send. */
  foreign?: "page" | "oversized" | "other";
  /** There is no host of this name. */
  unknownHost?: boolean;
}

/**
 * May the same request be sent again after this failure?
 *
 * @param before the failure of the try before it
 */
export function mayRepeat(method: string, failure: TryFailure, before?: TryFailure): boolean {
  if (failure.kind === "permanent" || failure.kind === "deadline") return false;
  // The same would come again.
  if (failure.foreign === "oversized") return false;
  // One page may be a gateway's that restarts; two in a row are those of a wrong address.
  if (method === "GET" && failure.foreign === "page" && before?.foreign === "page") return false;
  if (failure.kind === "status") {
    const status = failure.status ?? 0;
    if (includes(RETRY_POLICY.refused, status)) return true;
    // Refused, so nothing was carried out; but what to do next depends on the reason, so it is asked for again.
    if (isGarbledRefusal(failure)) return true;
    return includes(RETRY_POLICY.passing, status) && includes(RETRY_POLICY.repeatable, method);
  }
  return !failure.sent || includes(RETRY_POLICY.repeatable, method);
}

function isGarbledRefusal({ garbled = false, status = 0 }: TryFailure): boolean {
  return garbled && status >= 400 && status < 500 && status !== 408;
}

/** What the settings say of the number of tries. */
export interface RetrySettings {
  readonly maxRetries: number;
  /** Where each setting came from. */
  readonly sources: Readonly<Record<string, string>>;
}

/** Whether the user set `maxRetries`; else the operation's time limit governs where trouble passes. */
export function countsRetries({ sources }: RetrySettings): boolean {
  return (sources.maxRetries ?? "default") !== "default";
}

/**
 * How often a request is tried again at most, where its last try failed like this. Infinity: until the operation's time limit,
 * since GitLab restarts within minutes. A name that no host has is looked up once more; an answer that arrived whole and is not
 * GitLab's will not become it by many tries.
 *
 * @param reached whether the host has answered before: then it exists, whatever a resolver says for the moment
 */
export function retriesAfter(failure: TryFailure, settings: RetrySettings, reached = false): number {
  const { maxRetries } = settings;
  if (failure.unknownHost && !reached) return Math.min(1, maxRetries);
  const passing = failure.foreign === undefined && !isGarbledRefusal(failure);
  return passing && !countsRetries(settings) ? Infinity : maxRetries;
}

/**
 * How many tries there will be in all if nothing changes, for the line that shows progress.
 *
 * @param tries tries so far
 * @param retries see {@link retriesAfter}
 * @param left ms to the operation's limit, once the wait that begins is over
 * @param each ms that a try takes, waits aside
 */
export function triesInAll(tries: number, retries: number, failure: TryFailure, left: number, each: number): number {
  let all = tries + 1;
  for (let rest = left - each; all <= retries; all += 1) {
    rest -= waitBefore(all, failure, 0, () => 0.5).ms + each;
    if (rest <= 0) break;
  }
  return all;
}

/** May GitLab have carried out this POST, without our knowing? */
export function responseLost(method: string, failure: TryFailure): boolean {
  if (method !== "POST" || !failure.sent || failure.kind === "permanent") return false;
  if (failure.kind !== "status") return true;
  return failure.status === 408 || (failure.status ?? 0) >= 500;
}

/**
 * The wait that an answer asks for: `Retry-After` (seconds or an HTTP date) of a 429 or 503, then `RateLimit-Reset` (Unix time)
 * of a 429. Dates are GitLab's, so they are measured from the answer's own `Date` header where it has one.
 *
 * @param now this machine's date and time, ms
 * @returns milliseconds, or undefined where the answer names no time to come
 */
export function retryAfter(
  headers: Readonly<Record<string, string>> | undefined,
  now: number,
  status: number | undefined = 429,
): number | undefined {
  if (headers === undefined) return undefined;
  const date = Date.parse(headers.date ?? "");
  const theirNow = Number.isNaN(date) ? now : date;
  const after = headers["retry-after"]?.trim();
  if (includes(RETRY_POLICY.namesWait, status) && after !== undefined && after !== "") {
    const wait = /^\d+(\.\d+)?$/.test(after) ? Number(after) * 1000 : Date.parse(after) - theirNow;
    if (wait > 0) return wait;
  }
  const reset = headers["ratelimit-reset"]?.trim();
  if (includes(RETRY_POLICY.namesReset, status) && reset !== undefined && /^\d+$/.test(reset)) {
    const wait = Number(reset) * 1000 - theirNow;
    if (wait > 0) return wait;
  }
  return undefined;
}

/** Exponential wait with full jitter before retry number `retry` (1, 2, …), in milliseconds. */
export function backoff(retry: number, failure: TryFailure, random: () => number): number {
  const step = failure.status === 429 ? RETRY_POLICY.backoffRateLimited : RETRY_POLICY.backoff;
  return Math.round(random() * Math.min(RETRY_POLICY.longestBackoff, step * 2 ** (retry - 1)));
}

/**
 * The wait before retry number `retry`, in milliseconds: what GitLab asks for, a little spread; else exponential, and from the
 * fifth on no shorter than some seconds.
 *
 * @param now this machine's date and time, ms
 */
export function waitBefore(
  retry: number,
  failure: TryFailure,
  now: number,
  random: () => number,
): { ms: number; told: number | undefined } {
  const told = retryAfter(failure.headers, now, failure.status ?? 0);
  if (told !== undefined) return { ms: Math.round(told + random() * RETRY_POLICY.spread), told };
  const least = retry >= RETRY_POLICY.leastBackoffFrom ? RETRY_POLICY.leastBackoff : 0;
  return { ms: Math.max(least, backoff(retry, failure, random)), told };
}

function includes<T>(list: readonly T[], value: unknown): boolean {
  return (list as readonly unknown[]).includes(value);
}

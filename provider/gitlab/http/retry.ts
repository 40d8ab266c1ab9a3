import { countsRetries } from "../settings/settingKeys";

/**
 * Whether a request is sent again, and after how long: data and pure functions. The caller has the clock, sleep and randomness.
 *
 * A refused request (429, or one that was never sent) was not carried out, so every method may be sent again. After any other
 * failure GitLab may have carried it out: harmless for GET and DELETE, but a second POST would create a second object.
 * The waits of a creation whose response was lost are in provider/creation/lostResponses.ts.
 */
export const RETRY_POLICY = {
  /** The request was refused before anything happened: retried for every method. */
  refused: [429],
  /** Temporary failures: retried for {@link RETRY_POLICY.repeatable} methods. 520 to 524 are Cloudflare's, in front of GitLab.com. */
  passing: [408, 500, 502, 503, 504, 520, 521, 522, 523, 524],
  /** Methods that may safely be sent twice. */
  repeatable: ["GET", "DELETE"],
  /** Statuses for which `Retry-After` is respected. */
  namesWait: [429, 503],
  /** Statuses for which `RateLimit-Reset` is respected: other responses have the header too, while requests remain. */
  namesReset: [429],
  /** First step of the exponential wait in ms, if GitLab names no time. */
  backoff: 500,
  /** The same for 429: GitLab counts by the minute. */
  backoffRateLimited: 1_000,
  /** Longest step of the exponential wait, ms. */
  longestBackoff: 30_000,
  /** From this retry on a wait has a minimal length, since only the time limit may bound the number of tries. */
  leastBackoffFrom: 5,
  /** That minimal length, ms. */
  leastBackoff: 5_000,
  /** Random addition to a wait that GitLab named, ms, so that several runs do not all retry at the same moment. */
  spread: 250,
} as const;

/** How one try of a request failed. */
export interface TryFailure {
  /**
   * - `status`: GitLab answered with an error
   * - `body`: a success whose body was truncated or is not what the API sends
   * - `network`: no response
   * - `timeout`: the request's own limit, `deadline`: the operation's limit
   * - `permanent`: a retry would fail in the same way (TLS trust, a proxy that refuses)
   */
  kind: "status" | "body" | "network" | "timeout" | "deadline" | "permanent";
  status?: number;
  /** False only if the request certainly never reached GitLab. */
  sent: boolean;
  /** Headers of the response, in lower case. */
  headers?: Readonly<Record<string, string>>;
  /** Whether GitLab refused, but the body with the reason is truncated or broken. */
  garbled?: boolean;
  /** Whether the body of a success arrived completely, but is an HTML page, too long, or otherwise not what the API sends. */
  foreign?: "page" | "oversized" | "other";
  /** Whether the host name does not exist. */
  unknownHost?: boolean;
}

/**
 * Whether the same request may be sent again after this failure.
 *
 * @param before the failure of the previous try
 */
export function mayRepeat(method: string, failure: TryFailure, before?: TryFailure): boolean {
  if (failure.kind === "permanent" || failure.kind === "deadline") return false;
  // A retry would get the same.
  if (failure.foreign === "oversized") return false;
  // One page may come from a gateway that restarts; two in a row mean a wrong address.
  if (method === "GET" && failure.foreign === "page" && before?.foreign === "page") return false;
  if (failure.kind === "status") {
    const status = failure.status ?? 0;
    if (includes(RETRY_POLICY.refused, status)) return true;
    // Refused, so nothing was carried out; but the next step depends on the reason, so the request is sent again.
    if (isGarbledRefusal(failure)) return true;
    return includes(RETRY_POLICY.passing, status) && includes(RETRY_POLICY.repeatable, method);
  }
  return !failure.sent || includes(RETRY_POLICY.repeatable, method);
}

function isGarbledRefusal({ garbled = false, status = 0 }: TryFailure): boolean {
  return garbled && status >= 400 && status < 500 && status !== 408;
}

/** The settings about the number of tries. */
export interface RetrySettings {
  readonly maxRetries: number;
  /** Where each setting came from. */
  readonly sources: Readonly<Record<string, string>>;
}

/**
 * The maximal number of retries of a request whose last try failed like this. Infinity: until the operation's time limit,
 * since GitLab restarts within minutes. A host name that does not exist is looked up once more. A complete response that is not
 * GitLab's will hardly change with many tries.
 *
 * @param reached whether the host has responded before: then it exists, whatever a resolver says now
 */
export function retriesAfter(failure: TryFailure, settings: RetrySettings, reached = false): number {
  const { maxRetries } = settings;
  if (failure.unknownHost && !reached) return Math.min(1, maxRetries);
  const passing = failure.foreign === undefined && !isGarbledRefusal(failure);
  return passing && !countsRetries(settings) ? Infinity : maxRetries;
}

/**
 * The total number of tries if nothing changes, for the progress line.
 *
 * @param tries tries so far
 * @param retries see {@link retriesAfter}
 * @param left ms to the operation's limit after the wait that starts now
 * @param each ms that a try takes without waits
 */
export function triesInAll(tries: number, retries: number, failure: TryFailure, left: number, each: number): number {
  let all = tries + 1;
  for (let rest = left - each; all <= retries; all += 1) {
    rest -= waitBefore(all, failure, 0, () => 0.5).ms + each;
    if (rest <= 0) break;
  }
  return all;
}

/** Whether GitLab may have carried out this POST although the response is lost. */
export function responseLost(method: string, failure: TryFailure): boolean {
  if (method !== "POST" || !failure.sent || failure.kind === "permanent") return false;
  if (failure.kind !== "status") return true;
  return failure.status === 408 || (failure.status ?? 0) >= 500;
}

/**
 * The wait that a response asks for: `Retry-After` (seconds or an HTTP date) of a 429 or 503, then `RateLimit-Reset` (Unix time)
 * of a 429. Dates are GitLab's, so they are measured from the response's own `Date` header if it has one.
 *
 * @param now this machine's date and time, ms
 * @returns milliseconds, or undefined if the response names no future time
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
 * The wait before retry number `retry`, in milliseconds: what GitLab asks for plus a random addition, otherwise exponential, and from the
 * fifth on at least some seconds.
 *
 * @param now this machine's date and time, ms
 */
export function waitBefore(
  retry: number,
  failure: TryFailure,
  now: number,
  random: () => number,
): { ms: number; requested: number | undefined } {
  const requested = retryAfter(failure.headers, now, failure.status ?? 0);
  if (requested !== undefined) return { ms: Math.round(requested + random() * RETRY_POLICY.spread), requested };
  const least = retry >= RETRY_POLICY.leastBackoffFrom ? RETRY_POLICY.leastBackoff : 0;
  return { ms: Math.max(least, backoff(retry, failure, random)), requested };
}

function includes<T>(list: readonly T[], value: unknown): boolean {
  return (list as readonly unknown[]).includes(value);
}

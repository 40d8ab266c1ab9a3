import type { Redaction } from "../redaction";
import type { RequestContext } from "./request";
import type { Runtime } from "../runtime";
import type { Settings } from "../settings/settings";

/** Headers about rate limits. */
const LIMITS = ["ratelimit-limit", "ratelimit-observed", "ratelimit-remaining", "ratelimit-reset", "retry-after"];

/** Logs one try on one line if debugging is on: method, path, outcome, time, try, request id, rate-limit headers. */
export function debugLine(
  { settings, runtime, redaction }: { settings: Settings; runtime: Runtime; redaction: Redaction },
  context: RequestContext,
  outcome: string,
  ms: number,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (!settings.debug) return;
  const { request, url, tries } = context;
  const notes = [`try ${tries}`];
  if (headers["x-request-id"] !== undefined) notes.push(`request id ${headers["x-request-id"]}`);
  for (const name of LIMITS) if (headers[name] !== undefined) notes.push(`${name} ${headers[name]}`);
  logDebug(
    { runtime, redaction },
    `${request.method} ${url.pathname}${url.search} ${outcome} in ${ms} ms (${notes.join(", ")})`,
  );
}

/** Logs one line of debug output, redacted. */
export function logDebug({ runtime, redaction }: { runtime: Runtime; redaction: Redaction }, text: string): void {
  runtime.info(`gitlab debug: ${redaction.apply(text).replace(/\s+/g, " ")}`);
}

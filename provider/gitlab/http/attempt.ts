import type { AxiosInstance, AxiosRequestConfig } from "axios";
import type { Readable } from "node:stream";
import { adviceOn } from "../settings/advice";
import { looksLikeHtml } from "./responseText";
import type { Connection } from "./connection";
import { debugLine } from "./debugLine";
import { FailedTry } from "./fault";
import { describeNetworkError } from "./networkError";
import type { Proxy } from "../settings/proxy";
import type { Redaction } from "../redaction";
import { fits, type ApiResponse, type RequestContext } from "./request";
import type { Runtime } from "../runtime";
import type { ServerClock } from "./serverClock";
import type { Settings } from "../settings/settings";
import { readBody, RequestProbe } from "./requestProbe";

/**
 * The maximal size of a response in bytes. A page of a hundred objects has some hundred kilobytes; a larger body is not a response
 * of this API, and must not fill the memory.
 */
const LARGEST_BODY = 10 * 1024 * 1024;

/** What an attempt needs from its transport. */
export interface Surroundings {
  readonly settings: Settings;
  readonly runtime: Runtime;
  readonly clock: ServerClock;
  readonly redaction: Redaction;
  readonly http: AxiosInstance;
}

/**
 * Sends a request once, within the request's own limit, which starts here, after the wait for a slot.
 *
 * @returns the response, if it is a success or a redirect
 * @throws Fault for everything else
 */
export async function attempt(
  context: RequestContext,
  connection: Connection,
  surroundings: Surroundings,
): Promise<ApiResponse> {
  const { runtime, settings } = surroundings;
  context.tries += 1;
  const sentAt = runtime.now();
  context.firstSentAt ??= sentAt;
  const untilDeadline = context.deadline - sentAt;
  const limit = Math.min(settings.requestTimeout * 1000, untilDeadline);
  const late = limit === untilDeadline ? "deadline" : "timeout";
  const abort = new AbortController();
  const stop = runtime.after(Math.max(0, limit), () => abort.abort());
  const log = (outcome: string, headers?: Readonly<Record<string, string>>): void =>
    debugLine(surroundings, context, outcome, runtime.now() - sentAt, headers);
  try {
    const once = (): Promise<ApiResponse> => wireAttempt(context, connection, surroundings, abort.signal, late, sentAt);
    const { wide } = connection;
    const response = await once().catch((error: unknown) => {
      if (error instanceof FailedTry && error.untrusted && connection.widenTrust(wide)) return once();
      throw error;
    });
    log(String(response.status), response.headers);
    return response;
  } catch (error) {
    if (error instanceof FailedTry) log(error.status === undefined ? error.words : String(error.status), error.headers);
    throw error;
  } finally {
    stop();
  }
}

async function wireAttempt(
  context: RequestContext,
  connection: Connection,
  { runtime, settings, clock, redaction, http }: Surroundings,
  signal: AbortSignal,
  late: "deadline" | "timeout",
  sentAt: number,
): Promise<ApiResponse> {
  const wire = new RequestProbe(connection.tls);
  const fault = (facts: Omit<ConstructorParameters<typeof FailedTry>[0], "sent" | "sentAt" | "failedAt">): FailedTry =>
    new FailedTry({ ...facts, sent: wire.connected, sentAt, failedAt: runtime.now() });
  const tooLate = (received?: { status: number; headers: Record<string, string>; text: string }): FailedTry =>
    fault({
      ...received,
      kind: late,
      words:
        late === "timeout"
          ? `no response within ${settings.requestTimeout} s`
          : "the operation's limit passed before a response",
    });

  const { request, url } = context;
  const json =
    request.body === undefined
      ? {}
      : { data: JSON.stringify(request.body), headers: { "Content-Type": "application/json" } };
  const config: AxiosRequestConfig = {
    method: request.method,
    url: url.href,
    ...json,
    signal,
    transport: wire,
    httpAgent: connection.agent,
    httpsAgent: connection.agent,
  };
  const response = await http.request<Readable>(config).catch((error: unknown) => {
    if (signal.aborted) throw tooLate();
    const atProxy = connection.proxyIsSecure && !wire.connected && wire.connect === undefined;
    const { permanent, ...described } = describeNetworkError(
      error,
      connection.proxy,
      settings,
      wire.connected,
      atProxy,
    );
    throw fault({ kind: permanent ? "permanent" : "network", ...described });
  });
  const receivedAt = runtime.now();
  const headers = lowerCase(response.headers);
  const { text, cut, oversized } = await readBody(response.data, signal, LARGEST_BODY);
  const { status } = response;

  const refusal = proxyRefusal(wire, status, connection.proxy);
  if (refusal !== undefined) throw new FailedTry({ ...refusal, sent: false, sentAt, failedAt: runtime.now() });
  clock.observe(headers.date, sentAt, receivedAt);
  const received = { status, headers, text };
  if (status >= 300 && status < 400 && headers.location !== undefined) {
    return { status, headers, body: undefined, sentAt, receivedAt };
  }
  if (status < 200 || status >= 300) {
    const garbled =
      cut || (!oversized && text !== "" && /\bjson\b/.test(headers["content-type"] ?? "") && parse(text) === undefined);
    throw fault({ kind: "status", ...received, garbled, words: "" });
  }
  if (cut && signal.aborted) throw tooLate(received);
  if (cut) throw fault({ kind: "body", ...received, words: "the response broke off" });
  if (oversized) {
    const words = `the response is longer than ${LARGEST_BODY / 1024 / 1024} MB, and no response of GitLab's API here is`;
    throw fault({
      kind: "body",
      foreign: "oversized",
      ...received,
      words,
      advice: adviceOn("foreignResponse", settings),
    });
  }
  const body = parse(text);
  // The response to a DELETE has no body. A page instead comes from a proxy or a sign-in form, not from GitLab.
  const understood =
    context.request.expect === "nothing" ? text === "" || body !== undefined : fits(context.request, body);
  if (!understood) {
    const page = body === undefined && (/\bhtml\b/i.test(headers["content-type"] ?? "") || looksLikeHtml(text));
    const words = unusable(headers["content-type"], body);
    // The second page in a row ends a read: see mayRepeat.
    const advice = adviceOn(page && context.last?.foreign === "page" ? "pageInstead" : "foreignResponse", settings);
    throw fault({ kind: "body", foreign: page ? "page" : "other", ...received, words, advice });
  }
  remember(redaction, body);
  return { status, headers, body, sentAt, receivedAt };
}

/** A response of the proxy itself, if it is one: to CONNECT, or a 407, which GitLab never sends. */
function proxyRefusal(wire: RequestProbe, status: number, proxy: Proxy | undefined) {
  const refused = wire.connect !== undefined && wire.connect.status !== 200 ? wire.connect.status : undefined;
  const refusedWith = refused ?? (status === 407 ? 407 : undefined);
  if (refusedWith === undefined) return undefined;
  const passing = refusedWith === 502 || refusedWith === 503 || refusedWith === 504;
  return {
    kind: passing ? ("network" as const) : ("permanent" as const),
    words: `the proxy ${proxy?.address ?? ""} refused with status ${refusedWith}`,
    advice:
      refusedWith === 407
        ? "The proxy requires other credentials: give them in the proxy's URL (HTTPS_PROXY or HTTP_PROXY), or exempt GitLab's host by NO_PROXY"
        : "Ask for GitLab's host to be let through the proxy, or exempt it by NO_PROXY",
  };
}

function unusable(contentType: string | undefined, body: unknown): string {
  if (body !== undefined) return "the response is not what GitLab's API sends here";
  return `the response${contentType === undefined ? "" : ` (${contentType})`} is not JSON`;
}

/** Registers an agent's token as a secret as soon as it arrives. */
function remember(redaction: Redaction, body: unknown): void {
  const token = typeof body === "object" && body !== null ? (body as { token?: unknown }).token : undefined;
  if (typeof token === "string") redaction.add(token);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function lowerCase(headers: Record<string, unknown>): Record<string, string> {
  const plain: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === "string") plain[name.toLowerCase()] = value;
    else if (Array.isArray(value)) plain[name.toLowerCase()] = value.join(", ");
  }
  return plain;
}

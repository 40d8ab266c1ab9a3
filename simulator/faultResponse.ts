import type { HttpBindings } from "@hono/node-server";

import type { FaultRule } from "./faultRule";
import { THROTTLED_BODY, throttledHeaders } from "./rateLimit";

/** The default delay in milliseconds. */
export const DEFAULT_DELAY = 1000;

/** Whether a request with this fault is carried out. */
export function carriesOut(fault: FaultRule): boolean {
  switch (fault.kind) {
    case "refuse":
    case "dropBefore":
    case "status":
    case "rateLimit":
    case "redirect":
      return false;
    case "html":
      return fault.commit ?? false;
    default:
      return true;
  }
}

/** The response to a request that is not carried out; undefined if there is none. `now` is GitLab's clock. */
export function responseWithoutCommit(fault: FaultRule, now: number): Response | undefined {
  switch (fault.kind) {
    case "status":
      return page(fault, fault.status ?? 503, "GitLab is not responding");
    case "rateLimit":
      return throttled(fault, now);
    case "redirect":
      return page(fault, fault.status ?? 302, "You are being redirected", { Location: fault.location ?? "" });
    case "html":
      return page(fault, fault.status ?? 200, "Sign in");
    default:
      return undefined;
  }
}

/** What the client receives instead of the response to a request that was carried out; undefined for nothing. */
export async function responseInstead(fault: FaultRule, response: Response): Promise<Response | undefined> {
  switch (fault.kind) {
    case "commitThenStatus":
      return page(fault, fault.status ?? 502, "Whoops, GitLab is taking too much time to respond");
    case "html":
      return page(fault, fault.status ?? 200, "Sign in");
    case "unparsable": {
      const text = await response.text();
      const headers = new Headers({ "Content-Type": "application/json", ...extraHeaders(fault) });
      // A 204 cannot have a body, not even a broken one.
      return new Response(`${text.slice(0, Math.ceil(text.length / 2))}{"`, {
        status: response.status === 204 ? 200 : response.status,
        headers,
      });
    }
    default:
      return undefined;
  }
}

/**
 * Writes all headers and half of the body. A response without a body is truncated within its headers, since
 * nothing else could be missing.
 */
export async function sendTruncated(response: Response, outgoing: HttpBindings["outgoing"]): Promise<void> {
  const body = Buffer.from(await response.arrayBuffer());
  const { socket } = outgoing;
  if (socket === null || socket.destroyed) return;
  await new Promise<void>((resolve) => {
    socket.once("close", () => resolve());
    if (body.length === 0) {
      socket.write(`HTTP/1.1 ${response.status} No Content\r\nDate: `, () => resolve());
      return;
    }
    outgoing.writeHead(response.status, { ...Object.fromEntries(response.headers), "content-length": body.length });
    outgoing.write(body.subarray(0, Math.floor(body.length / 2)), () => resolve());
  });
}

function throttled(fault: FaultRule, now: number): Response {
  const headers: Record<string, string> = {};
  if (fault.headers !== false) {
    const retryAfter = fault.retryAfter ?? 1;
    const until = typeof retryAfter === "number" ? now + retryAfter * 1000 : Date.parse(retryAfter);
    const seconds = Math.max(1, Math.ceil((until - now) / 1000));
    Object.assign(headers, throttledHeaders({ requests: seconds, period: seconds }, seconds + 1, 0), {
      "RateLimit-Reset": String(Math.ceil(until / 1000)),
      "RateLimit-ResetTime": new Date(until).toUTCString(),
      "Retry-After": String(retryAfter),
      ...extraHeaders(fault),
    });
  }
  return new Response(text(fault) ?? THROTTLED_BODY, {
    status: fault.status ?? 429,
    headers: { "Content-Type": "text/plain", ...headers },
  });
}

function page(fault: FaultRule, status: number, title: string, headers: Record<string, string> = {}): Response {
  const json = typeof fault.body === "object";
  const html = `<!DOCTYPE html>\n<html><head><title>${title} (${status})</title></head><body><h1>${title}</h1></body></html>\n`;
  const withoutBody = status === 204 || status === 205 || status === 304;
  return new Response(withoutBody ? null : (text(fault) ?? html), {
    status,
    headers: {
      "Content-Type": json ? "application/json" : "text/html; charset=utf-8",
      ...headers,
      ...extraHeaders(fault),
    },
  });
}

const text = (fault: FaultRule): string | undefined =>
  typeof fault.body === "object" ? JSON.stringify(fault.body) : fault.body;

const extraHeaders = (fault: FaultRule): Record<string, string> =>
  typeof fault.headers === "object" ? fault.headers : {};

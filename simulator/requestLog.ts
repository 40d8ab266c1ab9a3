import type { IncomingMessage } from "node:http";

import type { FaultKind } from "./faultRule";

/** One request as received, without credentials, so that it may be printed. */
export interface RecordedRequest {
  /** Counts from 1. */
  number: number;
  method: string;
  /** The path as sent: not decoded, without the query, with the base path and `/api/v4`. */
  path: string;
  /** The query as sent, without the leading `?` and without `private_token`. */
  query: string;
  /** The status that the client received; undefined while the request runs, and if the connection closed without a response. */
  status: number | undefined;
  /** The status of GitLab's own response, even if a fault hid it; undefined if the request was not carried out. */
  apiStatus: number | undefined;
  /** The authenticated user. */
  user: string | undefined;
  /** When it arrived, in milliseconds since 1970 by GitLab's clock. */
  at: number;
  /** Names in lower case; credentials removed. */
  headers: Record<string, string>;
  /** The body as text, with keys and certificates; undefined if there was none. */
  body: string | undefined;
  /** The fault that affected it, if any. */
  fault: FaultKind | undefined;
}

const CREDENTIAL_HEADERS = [
  "private-token",
  "authorization",
  "job-token",
  "deploy-token",
  "proxy-authorization",
  "cookie",
];

/** Starts to record a request. */
export function recordedRequest(incoming: IncomingMessage, number: number, at: number): RecordedRequest {
  const [path = "", ...query] = (incoming.url ?? "").split("?");
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined && !CREDENTIAL_HEADERS.includes(name)) {
      headers[name] = Array.isArray(value) ? value.join(", ") : value;
    }
  }
  return {
    number,
    method: incoming.method ?? "GET",
    path,
    query: withoutCredential(query.join("?")),
    status: undefined,
    apiStatus: undefined,
    user: undefined,
    at,
    headers,
    body: undefined,
    fault: undefined,
  };
}

const withoutCredential = (query: string): string =>
  query
    .split("&")
    .filter((pair) => !/^(private|access|job)_token=/.test(pair))
    .join("&");

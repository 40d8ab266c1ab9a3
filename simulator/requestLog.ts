import type { IncomingMessage } from "node:http";

import type { FaultKind } from "./faultRule";

/** One request as the simulated GitLab saw it. Credentials are left out, so that a log may be printed. */
export interface RecordedRequest {
  /** Counts from 1. */
  number: number;
  method: string;
  /** As sent: not decoded, without the query, with the base path and `/api/v4`. */
  path: string;
  /** As sent, without the leading `?` and without `private_token`. */
  query: string;
  /** Status that the client got; undefined while in work, and where the connection was ended without an answer. */
  status: number | undefined;
  /** Status of GitLab's own answer, also where a fault hid it; undefined where the request was not carried out. */
  apiStatus: number | undefined;
  /** Who asked, once authenticated. */
  user: string | undefined;
  /** When it arrived, in milliseconds since 1970 by GitLab's clock. */
  at: number;
  /** Names in lower case; credentials removed. */
  headers: Record<string, string>;
  /** Body as text, keys and certificates included; undefined where there was none. */
  body: string | undefined;
  /** The fault that met it, if any. */
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

/** Starts the record of a request. */
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

import type { Settings } from "../settings/settings";
import type { FailedTry } from "./fault";

/** One request of an operation to GitLab's API. */
export interface ApiRequest {
  method: "GET" | "POST" | "DELETE";
  /** Path under `/api/v4`, its segments encoded. */
  path: string;
  query?: Readonly<Record<string, string | number>>;
  /** JSON body of a POST; undefined members are left out. */
  body?: Readonly<Record<string, unknown>>;
  /** The shape of a valid response; any other success counts as a lost response. */
  expect: "object" | "list" | "nothing";
  /** Members that the response to a POST has to have. */
  needs?: readonly string[];
}

/** A success. */
export interface ApiResponse {
  status: number;
  /** In lower case. */
  headers: Readonly<Record<string, string>>;
  body: unknown;
  /** Local times of the try that succeeded, ms. */
  sentAt: number;
  receivedAt: number;
}

/** An {@link ApiResponse} as passed to operations. */
export interface CheckedResponse extends ApiResponse {
  /** The error for an unusable success: the request, and what is wrong with its response. */
  unexpected(words: string): Error;
}

/** A running {@link ApiRequest}: what its tries share. */
export class RequestContext {
  tries = 0;
  /** Local time of the first try, ms, without the wait for its turn. */
  firstSentAt: number | undefined;
  /** Time spent between tries, ms. */
  waited = 0;
  /** The failure before the present try. */
  last: FailedTry | undefined;

  /**
   * @param what completes "Could not …"
   * @param deadline local time, ms, of the operation's end
   * @param url the target: the API's address, or the target of GitLab's redirect
   * @param settings those of the operation, which errors name
   */
  constructor(
    readonly what: string,
    readonly request: ApiRequest,
    readonly deadline: number,
    readonly url: URL,
    readonly startedAt: number,
    readonly settings: Settings,
  ) {}
}

/** A path of the API: literal parts unchanged, each value encoded as one segment. */
export function endpoint(parts: TemplateStringsArray, ...values: (string | number)[]): string {
  return parts.reduce((path, part, index) => path + encodeURIComponent(values[index - 1] ?? "") + part);
}

/** A URL-encoded path, decoded; undefined if an escape is broken. */
export function decodedPath(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

/** A project as users write it: id or path, plain or URL-encoded in either case. */
export type ProjectRef = string | number;

/** The project's own spelling, decoded once: `group%2Fapp` and `group/app` are the same. */
export function projectPath(project: ProjectRef): string {
  const text = String(project).trim();
  return decodedPath(text) ?? text;
}

/**
 * Whether a parsed body has the shape that the API sends here.
 */
export function fits(request: ApiRequest, body: unknown): boolean {
  if (request.expect === "nothing") return true;
  if (request.expect === "list") return Array.isArray(body);
  if (typeof body !== "object" || body === null || Array.isArray(body)) return false;
  return (request.needs ?? []).every((name) => {
    const value = (body as Record<string, unknown>)[name];
    return value !== undefined && value !== null;
  });
}

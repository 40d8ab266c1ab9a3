import type { RecordedRequest } from "./requestLog";

/** Which requests the page shows: those that match all of its fields; an empty field matches all. */
export interface RequestFilter {
  method: string;
  /** A part of the path or the query, in any case. */
  path: string;
  /** The beginning of the status, such as `404` or `5xx`; `none` for requests without a response. */
  status: string;
}

/** Reads the fields of the page's address. */
export function requestFilter(query: URLSearchParams): RequestFilter {
  const value = (name: string): string => (query.get(name) ?? "").trim();
  const method = value("method").toUpperCase();
  return { method: method === "ALL" ? "" : method, path: value("path"), status: value("status").toLowerCase() };
}

export function matchesFilter(request: RecordedRequest, { method, path, status }: RequestFilter): boolean {
  const address = `${request.path}?${request.query}`.toLowerCase();
  return (
    (method === "" || request.method === method) &&
    address.includes(path.toLowerCase()) &&
    String(request.status ?? "none").startsWith(status.replace(/x+$/, ""))
  );
}

/** The query of the page's address that holds this filter, and the number of an opened request. */
export function filterQuery(filter: RequestFilter, open?: number): string {
  const query = new URLSearchParams(Object.entries(filter).filter(([, value]) => value !== ""));
  if (open !== undefined) query.set("open", String(open));
  return `?${query.toString()}`;
}

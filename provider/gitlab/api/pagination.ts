import type { ApiRequest, CheckedResponse } from "../http/request";

/** GitLab's own maximum. */
export const PER_PAGE = 100;

/** One page of a list. */
export interface Page<T> {
  items: T[];
  /** The number of pages; undefined if GitLab does not report it (above 10,000 rows). */
  totalPages: number | undefined;
  /** The number of items; undefined likewise. */
  total: number | undefined;
}

/** Sends one request of an operation. */
export type Send = (request: ApiRequest) => Promise<CheckedResponse>;

/**
 * The pages of a list, one after another, by `X-Next-Page`. (`Link` is not used: it has GitLab's own host name, which may differ
 * behind a proxy.)
 *
 * A complete list proves that an object outside it is gone. So a list ends only if GitLab says so: a header that cannot be
 * read, that leads backwards, or that contradicts `X-Total-Pages` is an error.
 *
 * @throws UnexpectedResponseError if the end of the list is unclear
 * @see https://docs.gitlab.com/api/rest/#pagination
 */
export async function* pagesOf<T>(send: Send, path: string): AsyncGenerator<Page<T>, void, void> {
  for (let page = 1; ;) {
    const response = await send({ method: "GET", path, query: { per_page: PER_PAGE, page }, expect: "list" });
    const items = response.body as T[];
    const totalPages = number(response.headers["x-total-pages"]);
    const next = pageAfter(page, items.length, response.headers["x-next-page"]);
    if (next === undefined) {
      throw response.unexpected(
        `the header X-Next-Page of page ${page} is "${response.headers["x-next-page"]}", which is no later page, so the list may be incomplete`,
      );
    }
    if (next === 0 && totalPages !== undefined && totalPages > page) {
      throw response.unexpected(
        `the list ends with page ${page}, but its header X-Total-Pages counts ${totalPages} pages, so it is not whole`,
      );
    }
    yield { items, totalPages, total: number(response.headers["x-total"]) };
    if (next === 0) return;
    page = next;
  }
}

/** The next page, 0 after the last one, undefined if the header is invalid. */
function pageAfter(page: number, length: number, named: string | undefined): number | undefined {
  // If a proxy strips the header, a full page may have a successor.
  if (named === undefined) return length >= PER_PAGE ? page + 1 : 0;
  if (named.trim() === "") return 0;
  const next = number(named.trim());
  return next !== undefined && next > page ? next : undefined;
}

/** How often a list that changed while it was read is read again, at most. */
const MOST_RUNS = 3;

/** A complete list. If it changed while it was read, so that objects may have moved to another page, it is read again. */
export async function allOf<T extends { id: number }>(send: Send, path: string): Promise<T[]> {
  for (let run = 1; ; run++) {
    const byId = new Map<number, T>();
    const totals = new Set<number>();
    let pages = 0;
    for await (const page of pagesOf<T>(send, path)) {
      for (const item of page.items) byId.set(item.id, item);
      if (page.total !== undefined) totals.add(page.total);
      pages += 1;
    }
    const steady = totals.size === 0 || (totals.size === 1 && totals.has(byId.size));
    if (pages <= 1 || steady || run === MOST_RUNS) return [...byId.values()];
  }
}

function number(header: string | undefined): number | undefined {
  return header !== undefined && /^\d+$/.test(header) ? Number(header) : undefined;
}

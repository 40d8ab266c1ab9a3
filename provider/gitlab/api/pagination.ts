import type { ApiRequest, CheckedResponse } from "../http/request";

/** GitLab's own maximum. */
export const PER_PAGE = 100;

/** One page of a list. */
export interface Page<T> {
  items: T[];
  /** Pages in all; undefined where GitLab does not say (it stops counting above 10,000 rows). */
  totalPages: number | undefined;
  /** Items in all; undefined likewise. */
  total: number | undefined;
}

/** Sends one request of an operation. */
export type Send = (ask: ApiRequest) => Promise<CheckedResponse>;

/**
 * The pages of a list, one after another, by `X-Next-Page`. (Link is not followed: its host is GitLab's idea of itself, which
 * behind a proxy is another one.)
 *
 * A list that ends is taken as proof that what is not in it is gone. So it ends only where GitLab says so: a header that cannot be
 * read, that leads backwards, or that contradicts `X-Total-Pages` is an error.
 *
 * @throws UnexpectedResponseError where the end cannot be told
 * @see https://docs.gitlab.com/api/rest/#pagination
 */
export async function* pagesOf<T>(send: Send, path: string): AsyncGenerator<Page<T>, void, void> {
  for (let page = 1; ;) {
    const answer = await send({ method: "GET", path, query: { per_page: PER_PAGE, page }, expect: "list" });
    const items = answer.body as T[];
    const totalPages = number(answer.headers["x-total-pages"]);
    const next = pageAfter(page, items.length, answer.headers["x-next-page"]);
    if (next === undefined) {
      throw answer.unexpected(
        `the header X-Next-Page of page ${page} is "${answer.headers["x-next-page"]}", which is no later page, so it cannot be told whether the list is whole`,
      );
    }
    if (next === 0 && totalPages !== undefined && totalPages > page) {
      throw answer.unexpected(
        `the list ends with page ${page}, but its header X-Total-Pages counts ${totalPages} pages, so it is not whole`,
      );
    }
    yield { items, totalPages, total: number(answer.headers["x-total"]) };
    if (next === 0) return;
    page = next;
  }
}

/** The next page, 0 after the last one, undefined where the header does not tell. */
function pageAfter(page: number, length: number, named: string | undefined): number | undefined {
  // Where something on the way strips the header, a full page may have a successor.
  if (named === undefined) return length >= PER_PAGE ? page + 1 : 0;
  if (named.trim() === "") return 0;
  const next = number(named.trim());
  return next !== undefined && next > page ? next : undefined;
}

/** Lists again at most so often where the list changed under our hands. */
const MOST_RUNS = 3;

/** A whole list. Where it changed while it was read, so that objects slipped over a page's edge, it is read again. */
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

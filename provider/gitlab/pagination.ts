import type { Answer, Ask } from "./request";

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
export type Send = (ask: Ask) => Promise<Answer>;

/**
 * The pages of a list, one after another, by `X-Next-Page`. (Link is not followed: its host is GitLab's idea of itself, which
 * behind a proxy is another one.)
 *
 * @see https://docs.gitlab.com/api/rest/#pagination
 */
export async function* pagesOf<T>(send: Send, path: string): AsyncGenerator<Page<T>, void, void> {
  for (let page = 1; ;) {
    const answer = await send({ method: "GET", path, query: { per_page: PER_PAGE, page }, expect: "list" });
    const items = answer.body as T[];
    yield { items, totalPages: number(answer.headers["x-total-pages"]), total: number(answer.headers["x-total"]) };
    const named = answer.headers["x-next-page"];
    // Where something on the way strips the header, a full page may have a successor.
    const next = named === undefined ? (items.length >= PER_PAGE ? page + 1 : 0) : Number(named);
    if (!(next > page)) return;
    page = next;
  }
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

import type { SimulatorContext } from "./context";
import type { Declaration, SentParameters } from "./parameters";

/** The two parameters of a paginated list. GitLab refuses a page size of 0. */
export const PAGINATION = {
  page: { type: "integer" },
  per_page: { type: "integer", except: [0] },
} as const satisfies Record<string, Declaration>;

const DEFAULT_PER_PAGE = 20;
const MAX_PER_PAGE = 100;
/** Above this number of rows GitLab omits the totals and the last page's link. */
const MAX_COUNTED = 10_000;

/**
 * One page of `rows`; sets GitLab's pagination headers on the response. Pages count from 1. A page below 1 counts as the
 * first one, a page size above 100 as 100.
 */
export function paginate<Row>(
  c: SimulatorContext,
  rows: Row[],
  wanted: { page?: number | null; per_page?: number | null },
  sent: SentParameters,
): Row[] {
  const perPage = Math.min(positive(wanted.per_page) ?? DEFAULT_PER_PAGE, MAX_PER_PAGE);
  // Larger numbers lose precision and could not be shown as a page's number.
  const page = Math.min(positive(wanted.page) ?? 1, Number.MAX_SAFE_INTEGER);
  const pages = Math.max(1, Math.ceil(rows.length / perPage));
  const next = page < pages ? page + 1 : undefined;
  const previous = page > 1 && page <= pages ? page - 1 : undefined;
  const counted = rows.length <= MAX_COUNTED;

  c.header("X-Per-Page", String(perPage));
  c.header("X-Page", String(page));
  c.header("X-Next-Page", next === undefined ? "" : String(next));
  c.header("X-Prev-Page", previous === undefined ? "" : String(previous));
  c.header("Link", links(c, sent, perPage, { prev: previous, next, first: 1, last: counted ? pages : undefined }));
  if (counted) {
    c.header("X-Total", String(rows.length));
    c.header("X-Total-Pages", String(pages));
  }
  return rows.slice((page - 1) * perPage, page * perPage);
}

const positive = (value: number | null | undefined): number | undefined =>
  value !== null && value !== undefined && value >= 1 ? value : undefined;

/** The Link header: every sent parameter, also those of the path, sorted by name as in Rails. */
function links(
  c: SimulatorContext,
  sent: SentParameters,
  perPage: number,
  pages: Record<string, number | undefined>,
): string {
  const address = `${c.env.simulation.externalUrl()}${c.env.rawPath}`;
  const entries: string[] = [];
  for (const [rel, page] of Object.entries(pages)) {
    if (page === undefined) continue;
    const parameters: Record<string, string> = {};
    for (const [name, value] of Object.entries(sent)) {
      if (name !== "private_token" && typeof value !== "symbol") parameters[name] = String(value);
    }
    const query = new URLSearchParams({ ...parameters, page: String(page), per_page: String(perPage) });
    query.sort();
    entries.push(`<${address}?${query.toString()}>; rel="${rel}"`);
  }
  return entries.join(", ");
}

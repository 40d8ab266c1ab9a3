import { GitLabError, NotFoundError, PermissionError } from "../errors";
import type { KeptLists } from "./keptLists";
import type { Page } from "./pagination";
import type { Runtime } from "../runtime";

/** How long the first read waits for others, ms. */
const GATHERING = 10;
/** A finished list serves reads that keep coming; after a gap of this many ms it is forgotten. */
const GAP = 500;
/** No list serves longer than this, ms. */
const OLDEST = 30_000;

/** The ways in which one read can be answered. */
export interface ReadSource<T> {
  /** The asking operation, for its error. */
  what: string;
  /** A GET of the object. */
  one(): Promise<T>;
  /** A GET that confirms that an object which the list lacks is gone; default: `one`. */
  confirm?(): Promise<T>;
  /** The list that it should be in. */
  pages(): AsyncIterable<Page<T>>;
  /** The result, or the asking operation's own timeout. */
  within<R>(result: Promise<R>): Promise<R>;
}

/** Items by id, and whether these are all there are. */
interface Listing<T> {
  byId: ReadonlyMap<number, T>;
  whole: boolean;
}

/** Each read is to send its own GET. */
const NOTHING = { byId: new Map<number, never>(), whole: false };

interface Run<T> {
  finishedAt?: number;
  asked: number;
  listing: Promise<Listing<T>>;
}

/** The reads of one list that follow each other without a gap. */
interface Stream<T> {
  seen: number;
  lastAt: number;
  waiting: number;
  totalPages?: number;
  listed: boolean;
  run: Run<T> | undefined;
}

/**
 * Answers reads of objects of one list that are asked for at about the same time out of one run over that list, a hundred a
 * page, instead of one GET each. A read that stays alone is a GET. Nothing is kept beyond the moment.
 *
 * The engine has some eight to sixteen reads under way at once, so a finished run goes on serving as long as reads keep
 * coming. An object that is missing from the list is confirmed by its own GET. An error reaches those who asked, each as its
 * own object; where the list itself is refused (403, 404) each falls back to its own GET, so that the error is about its object.
 */
export class BatchedReads<T extends { id: number }> {
  readonly #streams = new Map<string, Stream<T>>();

  /**
   * @param lists where whole lists are kept, to tell gone from hidden
   * @param names further names of a list, by one of its items
   */
  constructor(
    private readonly runtime: Runtime,
    private readonly lists?: KeptLists<T>,
    private readonly names: (item: T) => string[] = () => [],
  ) {}

  /** Reads the object `id` of the list that `key` names. */
  async read(key: string, id: number, ways: ReadSource<T>): Promise<T> {
    const stream = this.#stream(key);
    stream.seen += 1;
    stream.waiting += 1;
    stream.run ??= this.#gather(key, stream, ways);
    stream.run.asked += 1;
    try {
      const found = await ways.within(stream.run.listing).catch((error: unknown) => refused<T>(error, ways.what));
      const item = found.byId.get(id);
      if (item !== undefined) return { ...item };
      return await (found.whole ? (ways.confirm ?? ways.one)() : ways.one());
    } finally {
      stream.waiting -= 1;
      stream.lastAt = this.runtime.now();
    }
  }

  /** Forgets everything: this process wrote something. Reads under way are answered; later ones ask anew. */
  forget(): void {
    this.#streams.clear();
  }

  #stream(key: string): Stream<T> {
    const now = this.runtime.now();
    let stream = this.#streams.get(key);
    if (stream === undefined || (stream.waiting === 0 && now - stream.lastAt > GAP)) {
      stream = { seen: 0, lastAt: now, waiting: 0, listed: false, run: undefined };
      this.#streams.set(key, stream);
    }
    if (stream.run !== undefined && now - (stream.run.finishedAt ?? now) > OLDEST) stream.run = undefined;
    return stream;
  }

  #gather(key: string, stream: Stream<T>, ways: ReadSource<T>): Run<T> {
    const run: Run<T> = { asked: 0, listing: Promise.resolve(NOTHING) };
    const over = (): void => {
      if (stream.run === run) stream.run = undefined;
    };
    run.listing = this.#list(key, stream, run, ways, over).catch((error: unknown) => {
      over();
      throw error;
    });
    return run;
  }

  async #list(key: string, stream: Stream<T>, run: Run<T>, ways: ReadSource<T>, over: () => void): Promise<Listing<T>> {
    await this.runtime.sleep(GATHERING);
    const alone = run.asked === 1 && !stream.listed;
    if (alone || costsTooMuch(stream)) {
      over();
      return NOTHING;
    }
    const byId = new Map<number, T>();
    const totals = new Set<number>();
    const begun = this.lists?.begin() ?? 0;
    for await (const page of ways.pages()) {
      for (const item of page.items) byId.set(item.id, item);
      if (page.total !== undefined) totals.add(page.total);
      stream.totalPages ??= page.totalPages ?? (page.items.length === 0 ? 1 : Infinity);
      if (!stream.listed && costsTooMuch(stream)) {
        // The page in hand answers some; the others ask for themselves.
        over();
        return { byId, whole: false };
      }
      stream.listed = true;
    }
    run.finishedAt = this.runtime.now();
    // Where the list changed while it was read, an object may have slipped over a page's edge unseen.
    const steady = totals.size === 0 || (totals.size === 1 && totals.has(byId.size));
    if (steady) {
      const [first] = byId.values();
      this.lists?.keep([key, ...(first === undefined ? [] : this.names(first))], byId, begun);
    }
    return { byId, whole: true };
  }
}

/** Would the rest of the list cost more than twice the reads seen so far? */
function costsTooMuch(stream: Stream<unknown>): boolean {
  return stream.totalPages !== undefined && stream.totalPages - 1 > 2 * stream.seen;
}

function refused<T>(error: unknown, what: string): Listing<T> {
  if (error instanceof NotFoundError || error instanceof PermissionError) return NOTHING;
  throw error instanceof GitLabError ? error.retold(what) : error;
}

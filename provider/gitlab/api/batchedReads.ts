import { GitLabError, NotFoundError, PermissionError } from "../errors";
import type { KeptLists } from "./keptLists";
import type { Page } from "./pagination";
import type { Runtime } from "../runtime";

/** How long the first read waits for others, ms. */
const GATHERING = 10;
/** A finished list is used for further reads until none comes for this long, ms. */
const GAP = 500;
/** No list is used for longer than this, ms. */
const OLDEST = 30_000;

/** How one read can be served. */
export interface ReadSource<T> {
  /** The calling operation, for its error. */
  what: string;
  /** A GET of the object. */
  one(): Promise<T>;
  /** A GET that confirms that an object missing from the list is gone; default: `one`. */
  confirm?(): Promise<T>;
  /** The list that should contain it. */
  pages(): AsyncIterable<Page<T>>;
  /** The result, or the calling operation's own timeout. */
  within<R>(result: Promise<R>): Promise<R>;
}

/** Items by id, and whether the list is complete. */
interface Listing<T> {
  byId: ReadonlyMap<number, T>;
  whole: boolean;
}

/** Each read should send its own GET. */
const NO_LIST = { byId: new Map<number, never>(), whole: false };

interface Run<T> {
  finishedAt?: number;
  reads: number;
  listing: Promise<Listing<T>>;
}

/** The reads of one list that follow each other without a long gap. */
interface Stream<T> {
  seen: number;
  lastAt: number;
  waiting: number;
  totalPages?: number;
  listed: boolean;
  run: Run<T> | undefined;
}

/**
 * Serves reads of objects of one list, requested at about the same time, from one read of that list, a hundred objects a
 * page, instead of one GET each. A single read sends a GET. No list is kept for later runs.
 *
 * The engine runs some eight to sixteen reads at the same time, so a finished list is used as long as further reads
 * come. An object that is missing from the list is confirmed by its own GET. Every caller gets its own copy of an error. If the
 * list itself is refused (403, 404), each caller sends its own GET, so that the error is about its object.
 */
export class BatchedReads<T extends { id: number }> {
  readonly #streams = new Map<string, Stream<T>>();

  /**
   * @param lists where complete lists are kept, to distinguish gone from hidden
   * @param names other names of a list, derived from one of its items
   */
  constructor(
    private readonly runtime: Runtime,
    private readonly lists?: KeptLists<T>,
    private readonly names: (item: T) => string[] = () => [],
  ) {}

  /** Reads the object `id` of the list that `key` names. */
  async read(key: string, id: number, source: ReadSource<T>): Promise<T> {
    const stream = this.#stream(key);
    stream.seen += 1;
    stream.waiting += 1;
    stream.run ??= this.#gather(key, stream, source);
    stream.run.reads += 1;
    try {
      const found = await source.within(stream.run.listing).catch((error: unknown) => refused<T>(error, source.what));
      const item = found.byId.get(id);
      if (item !== undefined) return { ...item };
      return await (found.whole && source.confirm !== undefined ? source.confirm() : source.one());
    } finally {
      stream.waiting -= 1;
      stream.lastAt = this.runtime.now();
    }
  }

  /** Drops all lists: this process wrote something. Running reads finish; later ones read again. */
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

  #gather(key: string, stream: Stream<T>, source: ReadSource<T>): Run<T> {
    const run: Run<T> = { reads: 0, listing: Promise.resolve(NO_LIST) };
    const over = (): void => {
      if (stream.run === run) stream.run = undefined;
    };
    run.listing = this.#list(key, stream, run, source, over).catch((error: unknown) => {
      over();
      throw error;
    });
    return run;
  }

  async #list(
    key: string,
    stream: Stream<T>,
    run: Run<T>,
    source: ReadSource<T>,
    over: () => void,
  ): Promise<Listing<T>> {
    await this.runtime.sleep(GATHERING);
    const alone = run.reads === 1 && !stream.listed;
    if (alone || costsTooMuch(stream)) {
      over();
      return NO_LIST;
    }
    const byId = new Map<number, T>();
    const totals = new Set<number>();
    const begun = this.lists?.begin() ?? 0;
    for await (const page of source.pages()) {
      for (const item of page.items) byId.set(item.id, item);
      if (page.total !== undefined) totals.add(page.total);
      stream.totalPages ??= page.totalPages ?? (page.items.length === 0 ? 1 : Infinity);
      if (!stream.listed && costsTooMuch(stream)) {
        // The current page serves some reads; the others send their own GET.
        over();
        return { byId, whole: false };
      }
      stream.listed = true;
    }
    run.finishedAt = this.runtime.now();
    // If the list changed while it was read, an object may have moved to another page unseen.
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
  if (error instanceof NotFoundError || error instanceof PermissionError) return NO_LIST;
  throw error instanceof GitLabError ? error.copyFor(what) : error;
}

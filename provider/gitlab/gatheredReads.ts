import { GitLabError, NotFoundError, PermissionError } from "./errors";
import type { Page } from "./pagination";
import type { Runtime } from "./runtime";

/** How long the first read waits for others, ms. */
const GATHERING = 10;
/** A finished list serves reads that keep coming; after a gap of this many ms it is forgotten. */
const GAP = 500;
/** No list serves longer than this, ms. */
const OLDEST = 30_000;

/** The ways in which one read can be answered. */
export interface Ways<T> {
  /** The asking operation, for its error. */
  what: string;
  /** A GET of the object. */
  one(): Promise<T>;
  /** The list that it should be in. */
  pages(): AsyncIterable<Page<T>>;
  /** The result, or the asking operation's own timeout. */
  within<R>(result: Promise<R>): Promise<R>;
}

/** Items by id, and whether these are all. */
type Listing<T> = ReadonlyMap<number, T>;

interface Run<T> {
  finishedAt?: number;
  asked: number;
  /** Empty where each read is to send its own GET. */
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
export class GatheredReads<T extends { id: number }> {
  readonly #streams = new Map<string, Stream<T>>();

  constructor(private readonly runtime: Runtime) {}

  /** Reads the object `id` of the list that `key` names. */
  async read(key: string, id: number, ways: Ways<T>): Promise<T> {
    const stream = this.#stream(key);
    stream.seen += 1;
    stream.waiting += 1;
    stream.run ??= this.#gather(stream, ways);
    stream.run.asked += 1;
    try {
      const found = await ways.within(stream.run.listing).catch((error: unknown) => refused<T>(error, ways.what));
      const item = found.get(id);
      return item === undefined ? await ways.one() : { ...item };
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

  #gather(stream: Stream<T>, ways: Ways<T>): Run<T> {
    const run: Run<T> = { asked: 0, listing: Promise.resolve(new Map<number, T>()) };
    const over = (): void => {
      if (stream.run === run) stream.run = undefined;
    };
    run.listing = this.#list(stream, run, ways, over).catch((error: unknown) => {
      over();
      throw error;
    });
    return run;
  }

  async #list(stream: Stream<T>, run: Run<T>, ways: Ways<T>, over: () => void): Promise<Listing<T>> {
    const found = new Map<number, T>();
    await this.runtime.sleep(GATHERING);
    const alone = run.asked === 1 && !stream.listed;
    if (alone || tooDear(stream)) {
      over();
      return found;
    }
    for await (const page of ways.pages()) {
      for (const item of page.items) found.set(item.id, item);
      stream.totalPages ??= page.totalPages ?? (page.items.length === 0 ? 1 : Infinity);
      if (!stream.listed && tooDear(stream)) {
        // The page in hand answers some; the others ask for themselves.
        over();
        return found;
      }
      stream.listed = true;
    }
    run.finishedAt = this.runtime.now();
    return found;
  }
}

/** Would the rest of the list cost more than twice the reads seen so far? */
function tooDear(stream: Stream<unknown>): boolean {
  return stream.totalPages !== undefined && stream.totalPages - 1 > 2 * stream.seen;
}

function refused<T>(error: unknown, what: string): Listing<T> {
  if (error instanceof NotFoundError || error instanceof PermissionError) return new Map<number, T>();
  throw error instanceof GitLabError ? error.retold(what) : error;
}

import { GitLabError } from "../errors";
import type { Runtime } from "../runtime";

/** A complete list is used for no longer than this, ms. */
const OLDEST = 30_000;

interface KeptList<T> {
  byId: ReadonlyMap<number, T>;
  /** When its first page was requested: the number from {@link KeptLists.begin}, and local time. */
  begun: number;
  at: number;
}

/**
 * Complete lists that this process has read, kept for half a minute. After a 404 they show whether an object is gone, so that
 * many missing objects need one list instead of one each.
 *
 * GitLab never reuses an id, so if a complete list lacks an object that existed before, the object is gone for good. A list
 * that shows the object proves this only for the time of the list.
 */
export class KeptLists<T extends { id: number }> {
  readonly #kept = new Map<string, KeptList<T>>();
  readonly #loading = new Map<string, { begun: number; list: Promise<ReadonlyMap<number, T>> }>();
  #sequence = 0;
  #forgotten = 0;

  constructor(private readonly runtime: Runtime) {}

  /** Marks the start of a list's request; pass the number to {@link keep}. */
  begin(): number {
    return ++this.#sequence;
  }

  /** Keeps a complete list under all names of its project. */
  keep(keys: Iterable<string>, byId: ReadonlyMap<number, T>, begun: number): void {
    if (begun <= this.#forgotten) return;
    for (const key of keys) {
      if ((this.#kept.get(key)?.begun ?? 0) < begun) this.#kept.set(key, { byId, begun, at: this.runtime.now() });
    }
  }

  /** Drops all lists: this process created an object, which older lists lack. */
  forget(): void {
    this.#forgotten = this.#sequence;
    this.#kept.clear();
    this.#loading.clear();
  }

  /**
   * The object in a complete list; undefined if the list lacks it.
   *
   * @param what the calling operation, for its error
   * @param fresh whether a list that shows the object must have been requested after this call
   * @param load reads the complete list
   */
  async find(
    key: string,
    id: number,
    { what, fresh, load }: { what: string; fresh: boolean; load: () => Promise<T[]> },
  ): Promise<T | undefined> {
    const since = this.#sequence;
    for (;;) {
      const kept = this.#kept.get(key);
      if (kept !== undefined && this.runtime.now() - kept.at <= OLDEST) {
        const found = kept.byId.get(id);
        if (found === undefined || !fresh || kept.begun > since) return found;
      }
      const loading = this.#loading.get(key) ?? this.#load(key, load);
      const list = await loading.list.catch((error: unknown) => {
        throw error instanceof GitLabError ? error.copyFor(what) : error;
      });
      const found = list.get(id);
      if (found === undefined || !fresh || loading.begun > since) return found;
    }
  }

  #load(key: string, load: () => Promise<T[]>): { begun: number; list: Promise<ReadonlyMap<number, T>> } {
    const begun = this.begin();
    const loading = {
      begun,
      list: load().then((items) => new Map(items.map((item) => [item.id, item]))),
    };
    const over = (): void => {
      if (this.#loading.get(key) === loading) this.#loading.delete(key);
    };
    this.#loading.set(key, loading);
    void loading.list.then(
      (byId) => {
        over();
        this.keep([key], byId, begun);
      },
      () => over(),
    );
    return loading;
  }
}

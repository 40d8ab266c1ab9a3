import { GitLabError } from "../errors";
import type { Runtime } from "../runtime";

/** A whole list serves no longer than this, ms. */
const OLDEST = 30_000;

interface KeptList<T> {
  byId: ReadonlyMap<number, T>;
  /** When its first page was asked for: the number that {@link KeptLists.begin} gave, and local time. */
  begun: number;
  at: number;
}

/**
 * Whole lists that this process has read, kept for half a minute: what tells, after a 404, whether an object is gone, so that
 * many objects that are gone cost one list and not one each.
 *
 * GitLab uses no id twice, so a whole list that lacks an object that was there before says for good that it is gone, whatever
 * is deleted afterwards. A list that shows the object says it of its own moment alone.
 */
export class KeptLists<T extends { id: number }> {
  readonly #kept = new Map<string, KeptList<T>>();
  readonly #loading = new Map<string, { begun: number; list: Promise<ReadonlyMap<number, T>> }>();
  #sequence = 0;
  #forgotten = 0;

  constructor(private readonly runtime: Runtime) {}

  /** Says that a list is asked for from now on; the number is for {@link keep}. */
  begin(): number {
    return ++this.#sequence;
  }

  /** Keeps a whole list under the names by which it may be asked for. */
  keep(keys: Iterable<string>, byId: ReadonlyMap<number, T>, begun: number): void {
    if (begun <= this.#forgotten) return;
    for (const key of keys) {
      if ((this.#kept.get(key)?.begun ?? 0) < begun) this.#kept.set(key, { byId, begun, at: this.runtime.now() });
    }
  }

  /** Forgets everything: this process made an object, which the lists of before lack. */
  forget(): void {
    this.#forgotten = this.#sequence;
    this.#kept.clear();
    this.#loading.clear();
  }

  /**
   * The object as a whole list shows it; undefined where the list lacks it.
   *
   * @param what the asking operation, for its error
   * @param fresh a list that shows the object must have been asked for after this call
   * @param load reads the whole list
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
        throw error instanceof GitLabError ? error.retold(what) : error;
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

/** A run that is running or waits for its turn. */
interface Turn<Key> {
  readonly key: Key;
  readonly ended: Promise<void>;
}

/**
 * One lock for each key: runs with the same key follow each other in the order of their calls, all others run
 * concurrently.
 *
 * @example await new Locks<number>().run(agentId, () => create())
 */
export class Locks<Key> {
  readonly #turns: Turn<Key>[] = [];

  /** @param isSame whether two keys may be of one object; default: whether they are equal */
  constructor(
    private readonly isSame: (earlier: Key, key: Key) => boolean | Promise<boolean> = (earlier, key) => earlier === key,
  ) {}

  async run<T>(key: Key, call: () => Promise<T>): Promise<T> {
    let end: () => void = () => undefined;
    const turn = { key, ended: new Promise<void>((resolve) => (end = resolve)) };
    const earlier = [...this.#turns];
    this.#turns.push(turn);
    try {
      for (const other of earlier) {
        if (await this.isSame(other.key, key)) await other.ended;
      }
      return await call();
    } finally {
      this.#turns.splice(this.#turns.indexOf(turn), 1);
      end();
    }
  }
}

/**
 * A clock that moves only by its methods, so that a run of the model can be repeated exactly. Sleeping takes no time: it moves the
 * clock on at once, and calls what is due until then.
 */
export class ModelClock {
  #now = Date.UTC(2026, 0, 1);
  #due: { at: number; act: () => void }[] = [];

  readonly now = (): number => this.#now;

  readonly sleep = async (milliseconds: number): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve));
    this.pass(milliseconds);
  };

  /** Moves the clock on. */
  pass(milliseconds: number): void {
    const until = this.#now + Math.max(0, milliseconds);
    for (;;) {
      const [next] = this.#due.filter(({ at }) => at <= until).sort((one, other) => one.at - other.at);
      if (next === undefined) break;
      this.#due = this.#due.filter((one) => one !== next);
      this.#now = Math.max(this.#now, next.at);
      next.act();
    }
    this.#now = until;
  }

  /** Calls `act` when the clock has moved on by so many milliseconds. */
  later(milliseconds: number, act: () => void): void {
    this.#due.push({ at: this.#now + milliseconds, act });
  }
}

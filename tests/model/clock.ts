/**
 * A clock that moves only when it is told to, so that a run of the model is the same each time. Sleeping takes no time: the clock
 * moves on at once, and what is due in between happens on the way.
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

  /** Does something in so many milliseconds. */
  later(milliseconds: number, act: () => void): void {
    this.#due.push({ at: this.#now + milliseconds, act });
  }
}

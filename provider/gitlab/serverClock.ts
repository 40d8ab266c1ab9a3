/**
 * GitLab's clock, seen from ours through the `Date` headers of its answers. A header written at second D, in an answer to a
 * request that left at `sentAt` and came back at `receivedAt`, says that GitLab's clock is ahead by something between
 * D - receivedAt and D + 1 s - sentAt; each answer narrows the bounds.
 */
export class ServerClock {
  #ahead: { least: number; most: number } | undefined;

  /** Takes in the `Date` header of one answer; local times in milliseconds. */
  observe(date: string | undefined, sentAt: number, receivedAt: number): void {
    const written = date === undefined ? NaN : Date.parse(date);
    if (Number.isNaN(written)) return;
    const seen = { least: written - receivedAt, most: written + 1000 - sentAt };
    const known = this.#ahead;
    if (known === undefined) {
      this.#ahead = seen;
      return;
    }
    const both = { least: Math.max(known.least, seen.least), most: Math.min(known.most, seen.most) };
    // A contradiction means that one of the clocks was set, or that another machine answered: the newest counts.
    this.#ahead = both.least <= both.most ? both : seen;
  }

  /** GitLab's time at our time `localMs`, as bounds in milliseconds since the epoch; undefined before the first answer. */
  at(localMs: number): { earliest: number; latest: number } | undefined {
    if (this.#ahead === undefined) return undefined;
    return { earliest: localMs + this.#ahead.least, latest: localMs + this.#ahead.most };
  }
}

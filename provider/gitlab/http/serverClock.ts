/** How far GitLab's clock is ahead of ours, as bounds in milliseconds. */
interface Ahead {
  least: number;
  most: number;
}

/**
 * GitLab's clock, seen from ours through the `Date` headers of its answers. A header written at second D, in an answer to a
 * request that left at `sentAt` and came back at `receivedAt`, says that GitLab's clock is ahead by something between
 * D - receivedAt and D + 1 s - sentAt; each answer narrows the bounds.
 *
 * Local times are those of {@link Runtime.now}, which stay comparable where this machine's clock is set during an operation. A
 * machine that slept stops that clock: GitLab's then seems to jump, which shows as an answer that contradicts the ones before.
 */
export class ServerClock {
  #ahead: Ahead | undefined;
  /** The bounds before the last jump, which held until `until`; the present ones hold since `since`. */
  #before: (Ahead & { until: number; since: number }) | undefined;
  #lastSeen = 0;

  /** Takes in the `Date` header of one answer; local times in milliseconds. */
  observe(date: string | undefined, sentAt: number, receivedAt: number): void {
    const written = date === undefined ? NaN : Date.parse(date);
    if (Number.isNaN(written)) return;
    const seen = { least: written - receivedAt, most: written + 1000 - sentAt };
    const known = this.#ahead;
    const both = known && { least: Math.max(known.least, seen.least), most: Math.min(known.most, seen.most) };
    if (known !== undefined && both !== undefined && both.least > both.most) {
      // One of the clocks jumped, or another machine answered: the newest counts from here on.
      this.#before = { ...known, until: this.#lastSeen, since: sentAt };
      this.#ahead = seen;
    } else {
      this.#ahead = both ?? seen;
    }
    this.#lastSeen = Math.max(this.#lastSeen, receivedAt);
  }

  /** GitLab's time at our time `localMs`, as bounds in milliseconds since the epoch; undefined before the first answer. */
  at(localMs: number): { earliest: number; latest: number } | undefined {
    const [now, before] = [this.#ahead, this.#before];
    if (now === undefined) return undefined;
    let { least, most } = now;
    if (before !== undefined && localMs < before.since) {
      // Before the jump the old bounds hold; while nobody looked, either may.
      const known = localMs <= before.until;
      [least, most] = known
        ? [before.least, before.most]
        : [Math.min(least, before.least), Math.max(most, before.most)];
    }
    return { earliest: localMs + least, latest: localMs + most };
  }
}

/** How far GitLab's clock is ahead of ours, as bounds in milliseconds. */
interface Ahead {
  least: number;
  most: number;
}

/**
 * GitLab's clock compared with ours, from the `Date` headers of its responses. A header with second D, in the response to a
 * request sent at `sentAt` and received at `receivedAt`, means that GitLab's clock is ahead by something between
 * D - receivedAt and D + 1 s - sentAt. Each response narrows the bounds.
 *
 * Local times are those of {@link Runtime.now}, which stay comparable if this machine's clock is changed during an operation. While
 * the machine sleeps, that clock stops: GitLab's clock then seems to jump, and a response contradicts the earlier ones.
 */
export class ServerClock {
  #ahead: Ahead | undefined;
  /** The bounds before the last jump, valid until `until`; the present ones are valid since `since`. */
  #before: (Ahead & { until: number; since: number }) | undefined;
  #lastSeen = 0;

  /** Records the `Date` header of one response; local times in milliseconds. */
  observe(date: string | undefined, sentAt: number, receivedAt: number): void {
    const written = date === undefined ? NaN : Date.parse(date);
    if (Number.isNaN(written)) return;
    const seen = { least: written - receivedAt, most: written + 1000 - sentAt };
    const known = this.#ahead;
    const both = known && { least: Math.max(known.least, seen.least), most: Math.min(known.most, seen.most) };
    if (known !== undefined && both !== undefined && both.least > both.most) {
      // One of the clocks jumped, or another machine responded: from now on the newest header counts.
      this.#before = { ...known, until: this.#lastSeen, since: sentAt };
      this.#ahead = seen;
    } else {
      this.#ahead = both ?? seen;
    }
    this.#lastSeen = Math.max(this.#lastSeen, receivedAt);
  }

  /** GitLab's time at our time `localMs`, as bounds in milliseconds since the epoch; undefined before the first response. */
  at(localMs: number): { earliest: number; latest: number } | undefined {
    const [now, before] = [this.#ahead, this.#before];
    if (now === undefined) return undefined;
    let { least, most } = now;
    if (before !== undefined && localMs < before.since) {
      // Before the jump the old bounds are valid; between the two responses either may be.
      const known = localMs <= before.until;
      [least, most] = known
        ? [before.least, before.most]
        : [Math.min(least, before.least), Math.max(most, before.most)];
    }
    return { earliest: localMs + least, latest: localMs + most };
  }
}

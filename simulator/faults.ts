import { checkFaultRule, type FaultRule, matchesRule } from "./faultRule";

/** An active rule. */
export interface FaultHandle {
  /** Counts from 1, in the order in which rules were added. */
  readonly number: number;
  readonly rule: Readonly<FaultRule>;
  /** Requests that matched the rule, affected or not. */
  readonly matched: number;
  /** Requests that were affected. */
  readonly fired: number;
  /** Requests that it may still affect. */
  readonly remaining: number;
  /** Removes the rule. */
  remove(): void;
}

/** The rules of one simulator, tried in the order in which they were added; the first that fires applies. */
export class FaultSchedule {
  private handles: ScheduledFault[] = [];
  private added = 0;

  constructor(private readonly random: () => number) {}

  /** Adds a rule. @throws Error if it is invalid */
  add(rule: FaultRule): FaultHandle {
    checkFaultRule(rule);
    const random = rule.seed === undefined ? this.random : seeded(rule.seed);
    const handle = new ScheduledFault(++this.added, rule, random, () => {
      this.handles = this.handles.filter((one) => one !== handle);
    });
    this.handles.push(handle);
    return handle;
  }

  clear(): void {
    this.handles = [];
  }

  /** All rules, also those with no requests remaining. */
  list(): FaultHandle[] {
    return [...this.handles];
  }

  /** The fault that affects this request, if any. `path` is the undecoded path after `/api/v4`. */
  next(method: string, path: string): FaultRule | undefined {
    return this.handles.find((handle) => matchesRule(handle.rule, method, path) && handle.fires())?.rule;
  }
}

class ScheduledFault implements FaultHandle {
  matched = 0;
  fired = 0;

  constructor(
    readonly number: number,
    readonly rule: Readonly<FaultRule>,
    private readonly random: () => number,
    readonly remove: () => void,
  ) {}

  get remaining(): number {
    return (this.rule.times ?? 1) - this.fired;
  }

  fires(): boolean {
    this.matched += 1;
    if (this.matched <= (this.rule.skip ?? 0) || this.remaining <= 0) return false;
    if (this.rule.probability !== undefined && this.random() >= this.rule.probability) return false;
    this.fired += 1;
    return true;
  }
}

/** Numbers from 0 up to 1, determined by a seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

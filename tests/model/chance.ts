import { seeded } from "../../simulator/faults";

/** Random choices from a seed: the same seed makes the same choices. */
export class Chance {
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = seeded(seed);
    // Neighbouring seeds start with similar numbers, so the first numbers are skipped.
    for (let skipped = 0; skipped < 8; skipped++) this.#next();
  }

  /** A whole number from 0 up to, not including, `count`. */
  below(count: number): number {
    return Math.floor(this.#next() * count);
  }

  /** Whether something with this probability, 0 to 1, happens. */
  happens(probability: number): boolean {
    return this.#next() < probability;
  }

  /** An element of the list; undefined if it is empty. */
  pick<T>(list: readonly T[]): T | undefined {
    return list[this.below(Math.max(1, list.length))];
  }

  /** An element of a list that is not empty. */
  one<T>(list: readonly [T, ...T[]]): T {
    return list[this.below(list.length)] ?? list[0];
  }

  /** One of the names, each as likely as its weight says. */
  weighted<Name extends string>(weights: Record<Name, number>): Name {
    const names = Object.keys(weights) as Name[];
    let left = this.#next() * names.reduce((sum, name) => sum + weights[name], 0);
    return names.find((name) => (left -= weights[name]) < 0) ?? (names[0] as Name);
  }
}

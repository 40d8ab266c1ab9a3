import { distance } from "fastest-levenshtein";

/** A name, with the number of letters by which it differs from a word, ignoring case and punctuation. */
export interface NearName<Name extends string> {
  name: Name;
  apart: number;
}

/** Names by their nearness to a word, the nearest first; equally near ones in the order in which they were given. */
export function nearestFirst<Name extends string>(word: string, names: readonly Name[]): NearName<Name>[] {
  return names
    .map((name) => ({ name, apart: distance(plain(word), plain(name)) }))
    .sort((one, other) => one.apart - other.apart);
}

/** A word in lower case, without punctuation. */
export function plain(word: string): string {
  return word.toLowerCase().replace(/[^a-z0-9]/g, "");
}

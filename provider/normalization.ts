/**
 * GitLab may keep a text in another spelling than it was declared in (a name trimmed, say). The state then has GitLab's
 * spelling, and beside it the one that was declared, so that the difference does not replace the object for ever.
 */
export interface NormalizedFrom {
  normalizedFrom?: Record<string, string>;
}

/** The declared texts that GitLab answered in another spelling, to be kept in the state. */
export function normalizedAtCreation(declared: Record<string, string | undefined>, answered: object): NormalizedFrom {
  return entries(Object.keys(declared), (key) => (declared[key] === textOf(answered, key) ? undefined : declared[key]));
}

/** What of the recorded spellings still holds: that of texts which GitLab keeps unchanged since. */
export function normalizedSince(recorded: Record<string, unknown>, answered: object): NormalizedFrom {
  const before = (recorded["normalizedFrom"] ?? {}) as Record<string, string>;
  return entries(Object.keys(before), (key) => (recorded[key] === textOf(answered, key) ? before[key] : undefined));
}

/** Whether a declared text is what the state has, in GitLab's spelling or in the one that it was declared in. */
export function sameText(recorded: Record<string, unknown>, key: string, declared: unknown): boolean {
  const texts = [recorded[key], (recorded["normalizedFrom"] as Record<string, string> | undefined)?.[key]];
  return texts.some((text) => (text ?? "") === (declared ?? ""));
}

function entries(keys: string[], value: (key: string) => string | undefined): NormalizedFrom {
  const kept = keys.flatMap((key) => {
    const text = value(key);
    return text === undefined ? [] : [[key, text] as const];
  });
  return kept.length === 0 ? {} : { normalizedFrom: Object.fromEntries(kept) };
}

function textOf(answered: object, key: string): string | undefined {
  return ((answered as Record<string, unknown>)[key] ?? undefined) as string | undefined;
}

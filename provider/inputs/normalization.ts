/**
 * GitLab may store a text in another spelling than declared (a name trimmed, say). The state then has both GitLab's
 * and the declared spelling, so that the difference does not replace the object in every update.
 */
export interface NormalizedFrom {
  normalizedFrom?: Record<string, string>;
}

/** The state's texts, in GitLab's spelling. */
interface Recorded extends NormalizedFrom {
  name?: string | undefined;
  description?: string | undefined;
}

/** The declared texts that GitLab returned in another spelling, for the state. */
export function normalizedAtCreation(declared: object, reported: object): NormalizedFrom {
  return entries(Object.keys(declared), (key) => {
    const text = textOf(declared, key);
    return text === textOf(reported, key) ? undefined : text;
  });
}

/** The recorded spellings that are still valid: those of texts that GitLab has not changed since. */
export function normalizedSince(recorded: Recorded, reported: object): NormalizedFrom {
  const before = recorded.normalizedFrom ?? {};
  return entries(Object.keys(before), (key) =>
    textOf(recorded, key) === textOf(reported, key) ? before[key] : undefined,
  );
}

/** Whether a declared text equals the state's, in GitLab's or in the declared spelling. */
export function sameText(recorded: Recorded, key: string, declared: unknown): boolean {
  const text = declared ?? "";
  if (text === textOf(recorded, key)) return true;
  const before = recorded.normalizedFrom?.[key];
  return before !== undefined && text === before;
}

function entries(keys: string[], value: (key: string) => string | undefined): NormalizedFrom {
  const kept = keys.flatMap((key) => {
    const text = value(key);
    return text === undefined ? [] : [[key, text] as const];
  });
  return kept.length === 0 ? {} : { normalizedFrom: Object.fromEntries(kept) };
}

/** GitLab's text; absent, null and empty are equal. */
function textOf(reported: object, key: string): string {
  return ((reported as Record<string, unknown>)[key] ?? "") as string;
}

/** JSON whose text does not depend on the order of keys. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value ?? null, (_, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

/**
 * Letters that do not show, or that change the direction of what follows: a reader would not see what a program says. Go refuses
 * one of them in its sources.
 */
export const INVISIBLE = /[\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/** A value as a literal of TypeScript, Python and Go: the escapes of JSON are valid in all of them. */
export function literal(value: unknown): string {
  return escapeInvisible(JSON.stringify(value));
}

/** Each invisible letter as `\uXXXX`, inside of a quoted text. */
export function escapeInvisible(text: string): string {
  return text.replace(INVISIBLE, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Whether a text is best read on several lines, such as a certificate, and has no letter that would need an escape there. */
export function isBlock(value: unknown): value is string {
  return typeof value === "string" && value.includes("\n") && !/[`$\\"]|[^\n\x20-\x7e]/.test(value);
}

/** Longer texts are HTML pages, not GitLab's messages. */
const LONGEST = 500;

/**
 * Flattens the body of an error response to one readable line: GitLab's `message` (a text, a list, or an object of lists),
 * its `error` and `error_description`, plain text, or the title of an HTML page.
 *
 * @example responseWords('{"message":{"name":["is too long"]}}') // "name is too long"
 */
export function responseWords(body: string): string {
  const text = body.trim();
  if (text === "") return "";
  const parsed = parseJson(text);
  if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) {
    const { message, error, error_description: description } = parsed as Record<string, unknown>;
    const words = [message, error, description].map(flatten).filter((part) => part !== "");
    if (words.length > 0) return shorten(words.join(": "));
  } else if (parsed !== undefined) {
    return shorten(flatten(parsed));
  }
  if (looksLikeHtml(text)) {
    const title = /<title[^>]*>([^<]*)<\/title>/i.exec(text)?.[1] ?? "";
    return shorten(title.trim() === "" ? "an HTML page" : `an HTML page titled "${title}"`);
  }
  return shorten(text);
}

/** Whether a body is a page of HTML, not a response of the API. */
export function looksLikeHtml(body: string): boolean {
  return /^\s*<(!doctype|html|head|body|\?xml)/i.test(body);
}

/**
 * The single messages of a 400, from both of GitLab's formats: `400 Bad request - <reason>` and
 * `400 Bad request - ["<reason>", "<reason>"]` (a list as Ruby prints it, inside the text).
 *
 * @example complaintsOf('{"message":"400 Bad request - [\\"Name can\'t be blank\\"]"}') // ["Name can't be blank"]
 */
export function complaintsOf(body: string): string[] {
  const parsed = parseJson(body.trim());
  const message =
    typeof parsed === "object" && parsed !== null ? (parsed as Record<string, unknown>).message : undefined;
  if (Array.isArray(message)) return message.map(flatten);
  if (typeof message === "object" && message !== null) {
    return Object.entries(message).flatMap(([field, value]) =>
      (Array.isArray(value) ? value : [value]).map((fault) => `${field} ${flatten(fault)}`),
    );
  }
  const words = responseWords(body).replace(/^4\d\d bad request\s*-\s*/i, "");
  if (/^\[\s*".*"\s*\]$/s.test(words)) {
    return [...words.matchAll(/"((?:[^"\\]|\\.)*)"/gs)].map((match) => (match[1] ?? "").replace(/\\(.)/gs, "$1"));
  }
  return words === "" ? [] : [words];
}

function flatten(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value !== "object") return "";
  if (Array.isArray(value)) return value.map(flatten).join(", ");
  return Object.entries(value)
    .map(([field, inner]) => `${field} ${flatten(inner)}`)
    .join(", ");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length <= LONGEST ? line : `${line.slice(0, LONGEST)}…`;
}

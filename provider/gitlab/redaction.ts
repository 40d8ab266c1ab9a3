/** The replacement for a secret. */
export const REDACTED = "[secret]";

/** Shorter values are not replaced: "1" or "true" would damage every text. */
const SHORTEST = 6;

/**
 * Removes secrets from texts by their value, in every form: as given, URL-encoded, in base64, JSON-escaped, and
 * each long line of a PEM separately. Each client has one and applies it to all its texts.
 *
 * @example
 * const redaction = new Redaction();
 * redaction.add(token);
 * redaction.apply(`response to ${token}`); // "response to [secret]"
 */
export class Redaction {
  readonly #values = new Set<string>();
  /** By the first characters of a value: the lengths of the values that start with them, the longest first. */
  readonly #lengths = new Map<string, number[]>();

  /** Registers a secret value. Undefined and short values are ignored. */
  add(value: string | undefined): void {
    if (value === undefined || value.length < SHORTEST) return;
    const lines = value.split(/\r?\n/).filter((line) => line.length >= 16 && !line.startsWith("-----"));
    for (const form of [value, value.trim(), ...lines]) {
      this.#addForms(form);
    }
  }

  /** Registers the value of a header: complete, without its scheme, and the contents of a Basic credential. */
  addHeader(value: string): void {
    this.add(value);
    const [scheme, credential] = value.trim().split(/\s+/, 2);
    if (credential === undefined) return;
    this.add(credential);
    if (scheme?.toLowerCase() === "basic") {
      const pair = Buffer.from(credential, "base64").toString("utf8");
      this.add(pair);
      this.add(pair.slice(pair.indexOf(":") + 1));
    }
  }

  /**
   * The text with every registered value replaced by `[secret]`, the longest one that matches at a place. Its time grows with
   * the text, not with the number of values: registering a value recompiles nothing.
   */
  apply(text: string): string {
    if (this.#values.size === 0) return text;
    let clean = "";
    let kept = 0;
    for (let at = 0; at <= text.length - SHORTEST;) {
      const lengths = this.#lengths.get(text.slice(at, at + SHORTEST));
      const length = lengths?.find((each) => this.#values.has(text.slice(at, at + each)));
      if (length === undefined) {
        at += 1;
        continue;
      }
      clean += `${text.slice(kept, at)}${REDACTED}`;
      at += length;
      kept = at;
    }
    return kept === 0 ? text : clean + text.slice(kept);
  }

  #addForms(value: string): void {
    if (value.length < SHORTEST) return;
    const base64 = Buffer.from(value, "utf8").toString("base64");
    const forms = [
      value,
      encodeURIComponent(value),
      encodeURIComponent(value).replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase()),
      encodeURI(value),
      base64,
      base64.replace(/=+$/, ""),
      Buffer.from(value, "utf8").toString("base64url"),
      JSON.stringify(value).slice(1, -1),
    ];
    for (const form of forms) this.#addForm(form);
  }

  #addForm(form: string): void {
    this.#values.add(form);
    const start = form.slice(0, SHORTEST);
    const lengths = this.#lengths.get(start) ?? [];
    if (lengths.includes(form.length)) return;
    this.#lengths.set(
      start,
      [...lengths, form.length].sort((a, b) => b - a),
    );
  }
}

import { validateHeaderName, validateHeaderValue } from "node:http";

/**
 * The extra headers of every request, from the JSON of the setting.
 *
 * @param fault creates the error from its words, which never repeat a value
 */
export function headersFrom(json: string | undefined, fault: (words: string) => Error): Record<string, string> {
  if (json === undefined) return {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    // JSON.parse's own message quotes the text, which may contain a secret.
    throw fault(
      'must be a JSON object such as {"X-Company": "platform"} (it does not parse as JSON; the value is not shown)',
    );
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw fault('must be a JSON object such as {"X-Company": "platform"}');
  }
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(parsed)) {
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") {
      throw fault(`must hold texts alone: the value of "${name}" is none`);
    }
    if (/^(private-token|host|content-length|transfer-encoding|connection)$/i.test(name)) {
      throw fault(`must not set "${name}", which the client sets itself`);
    }
    try {
      validateHeaderName(name);
      validateHeaderValue(name, String(value));
    } catch {
      throw fault(`holds a header that HTTP does not allow: "${name.replace(/[^\x20-\x7e]/g, "?")}"`);
    }
    headers[name] = String(value);
  }
  return headers;
}

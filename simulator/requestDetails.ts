import { html } from "hono/html";

import { breakable, type Fragment } from "./pageElements";
import type { RecordedRequest } from "./requestLog";

/** Fields of GitLab's API that hold a secret. */
const SECRET_FIELDS = ["token", "client_key", "private_token", "access_token"];
const SECRET_TEXT =
  /gl(pat|agent|dt|rt|cbt)-[\w-]+|-----BEGIN [A-Z ]*PRIVATE KEY-----[^]*?-----END [A-Z ]*PRIVATE KEY-----/g;
const MASK = "[secret]";

/** The opened request: its headers and body, and GitLab's response, without secrets. */
export function requestDetails(request: RecordedRequest, response: string | undefined, close: string): Fragment {
  const { number, method, path, query, headers, body } = request;
  return html`<section id="request">
    <h2>
      Request ${number} <small><a href="${close}">close</a></small>
    </h2>
    <p><code>${method} ${breakable(path + (query === "" ? "" : `?${query}`))}</code></p>
    <h3>Headers</h3>
    <pre>${withoutSecrets(JSON.stringify(headers))}</pre>
    <h3>Body</h3>
    <pre id="request-body">${body === undefined ? "none" : withoutSecrets(body)}</pre>
    <h3>Response</h3>
    <pre id="request-response">${response === undefined || response === "" ? "none" : withoutSecrets(response)}</pre>
  </section>`;
}

/** JSON with line breaks and masked fields; other text as it is, with what looks like a secret masked. */
export function withoutSecrets(text: string): string {
  const masked = (name: string, value: unknown): unknown =>
    SECRET_FIELDS.includes(name) && typeof value === "string" ? MASK : value;
  let shown = text;
  try {
    shown = JSON.stringify(JSON.parse(text, masked), null, 2);
  } catch {
    // It is no JSON, or it was cut.
  }
  return shown.replace(SECRET_TEXT, MASK);
}

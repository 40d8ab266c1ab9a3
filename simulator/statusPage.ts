import { html, raw } from "hono/html";

import type { SimulatorStatus } from "./status";

type Fragment = ReturnType<typeof html>;
/** Text that stays on one line, or markup that may be broken where it says so. */
type Cell = string | number | null | undefined | Fragment;

/** Milliseconds between two looks of an open page. */
const REFRESH = 1000;

const STYLE = `
  :root { color-scheme: light dark; font: 15px/1.4 system-ui, sans-serif; }
  body { margin: 1.5rem auto; max-width: 100rem; padding: 0 1rem; }
  section { overflow-x: auto; }
  table { border-collapse: collapse; width: 100%; margin-bottom: 1.5rem; }
  th, td { text-align: left; padding: .2rem .6rem; border-bottom: 1px solid #8884; vertical-align: top; }
  td { font-family: ui-monospace, monospace; font-size: .85rem; white-space: nowrap; }
  td span { white-space: normal; overflow-wrap: break-word; }
  .none { opacity: .6; } .lost { opacity: .6; } h2 small { font-weight: normal; }
`;

// The page fetches itself: what a person sees is rendered in one place, and works without the script too.
const SCRIPT = `
  async function refresh() {
    const live = document.getElementById("live");
    try {
      const text = await (await fetch(location.href, { cache: "no-store" })).text();
      const fresh = new DOMParser().parseFromString(text, "text/html").querySelector("main");
      document.querySelector("main").replaceWith(fresh);
      live.textContent = "live";
    } catch {
      live.textContent = "the simulator does not answer";
    }
    setTimeout(refresh, ${REFRESH});
  }
  setTimeout(refresh, ${REFRESH});
`;

/** The page at `/`: what a person wants to see of a running simulator. */
export function statusPage(status: SimulatorStatus): Fragment {
  const tokens = (wanted: "active" | "revoked"): SimulatorStatus["tokens"] =>
    status.tokens.filter((token) => token.status === wanted);
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <link rel="icon" href="data:," />
        <title>GitLab agent simulator</title>
        <style>
          ${raw(STYLE)}
        </style>
      </head>
      <body>
        <h1>GitLab agent simulator</h1>
        <p><code>${status.url}/api/v4</code> · <span id="live">not live yet</span></p>
        <main>
          ${table(
            "requests",
            "Last requests",
            ["#", "time", "method", "path", "user", "status", "fault"],
            status.requests.map((each) => [
              each.number,
              each.at.slice(11, -1),
              each.method,
              breakable(each.path + (each.query === "" ? "" : `?${each.query}`)),
              each.user,
              answer(each),
              each.fault,
            ]),
            status.requestCount,
          )}
          ${table(
            "agents",
            "Agents",
            ["id", "project", "name", "receptive", "created", "by"],
            status.agents.map((each) => [
              each.id,
              each.project,
              each.name,
              each.receptive ? "yes" : "no",
              day(each.createdAt),
              each.createdBy,
            ]),
          )}
          ${tokenTable("active-tokens", "Active tokens", tokens("active"))}
          ${tokenTable("revoked-tokens", "Revoked tokens", tokens("revoked"))}
          ${table(
            "url-configurations",
            "URL configurations",
            ["id", "agent", "url", "authentication", "TLS host"],
            status.urlConfigurations.map((each) => [
              ...[each.id, each.agent, breakable(each.url), each.authentication, each.tlsHost],
            ]),
          )}
          ${table(
            "faults",
            "Scheduled faults",
            ["rule", "matched", "met", "left"],
            status.faults.map((each) => [
              breakable(JSON.stringify(each.rule)),
              each.matched,
              each.fired,
              each.remaining,
            ]),
          )}
        </main>
        <script>
          ${raw(SCRIPT)};
        </script>
      </body>
    </html>`;
}

function tokenTable(id: string, title: string, tokens: SimulatorStatus["tokens"]): Fragment {
  const rows = tokens.map((each) => [
    ...[each.id, each.agent, html`<span>${each.name}</span>`, each.secret],
    ...[day(each.createdAt), each.lastUsedAt === null ? "never" : day(each.lastUsedAt)],
  ]);
  return table(id, title, ["id", "agent", "name", "secret", "created", "last used"], rows);
}

function table(id: string, title: string, heads: string[], rows: Cell[][], count: number = rows.length): Fragment {
  return html`<section id="${id}">
    <h2>${title} <small>(${count})</small></h2>
    ${
      rows.length === 0
        ? html`<p class="none">none</p>`
        : html`<table>
            <thead>
              <tr>
                ${heads.map((head) => html`<th>${head}</th>`)}
              </tr>
            </thead>
            <tbody>
              ${rows.map(
                (row) =>
                  html`<tr>
                    ${row.map((cell) => html`<td>${cell ?? ""}</td>`)}
                  </tr> `,
              )}
            </tbody>
          </table>`
    }
  </section>`;
}

/** Day and time, UTC, as short as a table wants them. */
const day = (iso: string): string => iso.slice(0, 19).replace("T", " ");

/** Long text that a narrow window may break between its parts: after a slash, a blank, and the like, never inside a word. */
function breakable(text: string): Fragment {
  const parts = text.split(/(?<=[/?&, ])(?!\/)/);
  return html`<span>${parts.map((part) => html`${part}<wbr />`)}</span>`;
}

/** What the client saw, and what it missed. */
function answer({ status, apiStatus }: SimulatorStatus["requests"][number]): string {
  if (status === undefined) return apiStatus === undefined ? "no answer" : `no answer (was ${apiStatus})`;
  return apiStatus === undefined || apiStatus === status ? String(status) : `${status} (was ${apiStatus})`;
}

import { html, raw } from "hono/html";

import { FAULT_KINDS } from "./faultRule";
import { breakable, button, day, field, type Fragment, select, table } from "./pageElements";
import { SCRIPT, STYLE } from "./pageStyle";
import { requestDetails } from "./requestDetails";
import { filterQuery, matchesFilter, requestFilter, type RequestFilter } from "./requestFilter";
import type { Simulation } from "./simulation";
import { type SimulatorStatus, status } from "./status";

const METHODS = ["all", "GET", "POST", "DELETE"];

/** The page at `/`: the state of a running simulator, and forms to change it. `query` holds the filter and an opened request. */
export function statusPage(simulation: Simulation, query: URLSearchParams): Fragment {
  const filter = requestFilter(query);
  const shown = status(simulation, (request) => matchesFilter(request, filter));
  const actions = `${simulation.options.basePath}/_simulator/page`;
  const tokens = (wanted: "active" | "revoked"): SimulatorStatus["tokens"] =>
    shown.tokens.filter((token) => token.status === wanted);
  const opened = simulation.requests.find(({ number }) => number === Number(query.get("open")));
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
        <p><code>${shown.url}/api/v4</code> · <span id="live">not live yet</span></p>
        <nav>${filterForm(filter)} ${faultForm(actions)}</nav>
        <main>
          ${
            opened === undefined
              ? ""
              : requestDetails(opened, simulation.responses.get(opened.number), filterQuery(filter))
          }
          ${requestTable(shown, filter)} ${agentTable(simulation, shown, actions)}
          ${tokenTable("active-tokens", "Active tokens", tokens("active"))}
          ${tokenTable("revoked-tokens", "Revoked tokens", tokens("revoked"))}
          ${table(
            "url-configurations",
            "URL configurations",
            ["id", "agent", "url", "authentication", "TLS host"],
            shown.urlConfigurations.map((each) => [
              ...[each.id, each.agent, breakable(each.url), each.authentication, each.tlsHost],
            ]),
          )}
          ${faultTable(simulation, shown, actions)}
        </main>
        <script>
          ${raw(SCRIPT)};
        </script>
      </body>
    </html>`;
}

function filterForm(filter: RequestFilter): Fragment {
  return html`<form id="filter">
    <span>Show requests by</span>
    ${select("method", "Method", METHODS, filter.method === "" ? "all" : filter.method)}
    ${field("path", "Path", filter.path, "tokens")} ${field("status", "Status", filter.status, "404, 5xx, none")}
    <noscript><button>Filter requests</button></noscript>
  </form>`;
}

function faultForm(actions: string): Fragment {
  return html`<details id="add-fault">
    <summary>Add a fault</summary>
    <form class="add" method="post" action="${actions}/faults">
      ${select("kind", "Kind", FAULT_KINDS)} ${select("method", "Method", METHODS)}
      ${field("path", "Path", "", "/projects/**")} ${field("times", "Times", "", "1, or always")}
      ${field("status", "Status", "", "503")} ${field("delay", "Delay in ms", "", "1000")}
      ${field("location", "Location", "", "of redirect")}
      <button>Add fault</button>
    </form>
  </details>`;
}

function requestTable({ requests, requestCount }: SimulatorStatus, filter: RequestFilter): Fragment {
  const rows = requests.map((each) => [
    html`<a href="${filterQuery(filter, each.number)}">${each.number}</a>`,
    ...[each.at.slice(11, -1), each.method, breakable(each.path + (each.query === "" ? "" : `?${each.query}`))],
    ...[each.user, response(each), each.fault],
  ]);
  const heads = ["#", "time", "method", "path", "user", "status", "fault"];
  return table("requests", "Last requests", heads, rows, requestCount);
}

function agentTable(simulation: Simulation, { agents }: SimulatorStatus, actions: string): Fragment {
  /** The newest active token, which a running agent would use. */
  const tokenOf = (agentId: number): number | undefined =>
    [...simulation.store.tokens.values()].findLast((token) => token.agentId === agentId && token.status === "active")
      ?.id;
  const rows = agents.map((each) => {
    const token = tokenOf(each.id);
    return [
      ...[each.id, each.project, each.name, each.receptive ? "yes" : "no", day(each.createdAt), each.createdBy],
      token === undefined ? "no token" : button(`${actions}/agents/connect`, "mark as connected", { token }),
    ];
  });
  return table("agents", "Agents", ["id", "project", "name", "receptive", "created", "by", ""], rows);
}

function tokenTable(id: string, title: string, tokens: SimulatorStatus["tokens"]): Fragment {
  const rows = tokens.map((each) => [
    ...[each.id, each.agent, html`<span>${each.name}</span>`, each.secret],
    ...[day(each.createdAt), each.lastUsedAt === null ? "never" : day(each.lastUsedAt)],
  ]);
  return table(id, title, ["id", "agent", "name", "secret", "created", "last used"], rows);
}

function faultTable(simulation: Simulation, { faults }: SimulatorStatus, actions: string): Fragment {
  const handles = simulation.faults.list();
  const rows = faults.map((each, at) => [
    ...[breakable(JSON.stringify(each.rule)), each.matched, each.fired, each.remaining],
    button(`${actions}/faults/remove`, "remove", { rule: handles[at]?.number ?? 0 }),
  ]);
  return table("faults", "Scheduled faults", ["rule", "matched", "met", "left", ""], rows);
}

/** What the client received, and GitLab's own status where a fault hid it. */
function response({ status: received, apiStatus }: SimulatorStatus["requests"][number]): string {
  if (received === undefined) return apiStatus === undefined ? "no answer" : `no answer (was ${apiStatus})`;
  return apiStatus === undefined || apiStatus === received ? String(received) : `${received} (was ${apiStatus})`;
}

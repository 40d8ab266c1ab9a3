import { randomBytes } from "node:crypto";
import { text } from "node:stream/consumers";

import type { HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";

import { API_PREFIX } from "./application";
import type { RequestBindings, SimulatorApp } from "./context";
import { responseWithoutCommit, responseInstead, carriesOut, sendTruncated, DEFAULT_DELAY } from "./faultResponse";
import type { FaultRule } from "./faultRule";
import { recordedRequest, type RecordedRequest } from "./requestLog";
import type { Simulation } from "./simulation";

/**
 * Handles one request: records it, delays it, applies a fault or carries it out, and responds. A request
 * whose body has arrived is carried out even if its client has disconnected since, as in a real GitLab.
 */
export async function handleRequest(
  simulation: Simulation,
  app: SimulatorApp,
  request: Request,
  http: HttpBindings,
): Promise<Response> {
  const recorded = recordedRequest(http.incoming, simulation.nextRequestNumber(), simulation.now());
  const rawPath = recorded.path.slice(simulation.options.basePath.length);
  simulation.record(recorded);
  http.outgoing.setHeader("Date", new Date(simulation.now()).toUTCString());
  http.outgoing.setHeader("X-Request-Id", randomBytes(16).toString("hex"));

  const fault = rawPath.startsWith(`${API_PREFIX}/`)
    ? simulation.faults.next(recorded.method, rawPath.slice(API_PREFIX.length))
    : undefined;
  recorded.fault = fault?.kind;
  if (fault?.kind === "refuse") return disconnect(http);

  let body: string;
  try {
    body = await text(http.incoming);
  } catch {
    return disconnect(http);
  }
  recorded.body = body === "" ? undefined : body;

  simulation.concurrency.now += 1;
  simulation.concurrency.peak = Math.max(simulation.concurrency.peak, simulation.concurrency.now);
  try {
    const bindings: RequestBindings = { ...http, simulation, rawPath, body, recorded };
    const response = await respond(simulation, recorded, fault, http, async () => app.fetch(request, bindings));
    if (response === undefined || http.outgoing.destroyed) return disconnect(http);
    recorded.status = response.status;
    simulation.keepResponse(recorded, await send(response, http.outgoing));
    return RESPONSE_ALREADY_SENT;
  } finally {
    simulation.concurrency.now -= 1;
  }
}

/** The response for the client; undefined if its connection closes without one. */
async function respond(
  simulation: Simulation,
  recorded: RecordedRequest,
  fault: FaultRule | undefined,
  http: HttpBindings,
  carryOut: () => Promise<Response>,
): Promise<Response | undefined> {
  const delay = fault?.delay ?? DEFAULT_DELAY;
  await simulation.wait(simulation.settings.latency);
  if (fault?.kind === "delayBefore") await simulation.wait(delay);
  if (simulation.closed) return undefined;
  if (fault !== undefined && !carriesOut(fault)) return responseWithoutCommit(fault, simulation.now());

  const response = await carryOut();
  recorded.apiStatus = response.status;
  switch (fault?.kind) {
    case "delayBefore":
      return response;
    case "delayAfter":
      await simulation.wait(delay);
      return response;
    case "cutBody":
      await sendTruncated(response, http.outgoing);
      return undefined;
    default:
      return fault === undefined ? response : responseInstead(fault, response);
  }
}

/** Sends a response at once, since its stream would take longer than all the rest. Returns its body. */
async function send(response: Response, outgoing: HttpBindings["outgoing"]): Promise<string> {
  const body = await response.text();
  const length = response.body === null ? {} : { "content-length": Buffer.byteLength(body) };
  outgoing.writeHead(response.status, { ...Object.fromEntries(response.headers), ...length });
  outgoing.end(body);
  return body;
}

function disconnect(http: HttpBindings): Response {
  http.incoming.socket.destroy();
  return RESPONSE_ALREADY_SENT;
}

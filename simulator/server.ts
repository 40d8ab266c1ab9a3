import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";

import { getRequestListener, type HttpBindings } from "@hono/node-server";

import { application } from "./application";
import { control, isControl } from "./control";
import { handleRequest } from "./requestHandler";
import type { FaultHandle } from "./faults";
import type { FaultRule } from "./faultRule";
import { resolvedOptions, type ResolvedOptions, type SimulatorOptions } from "./options";
import type { RecordedRequest } from "./requestLog";
import { Simulation } from "./simulation";
import { SimulatorState } from "./state";

/** A running simulator. */
export interface Simulator {
  /** Its address, such as `http://127.0.0.1:4711`, with the base path and without `/api/v4`. */
  readonly url: string;
  /** Credentials by user name; by default for `maintainer`, `developer` and `guest`. */
  readonly tokens: Record<string, string>;
  /** The projects that it started with. */
  readonly projects: { id: number; path: string }[];
  /** Every request to the API, oldest first. */
  readonly requests: RecordedRequest[];
  /** The objects in GitLab, and methods to change them by hand. */
  readonly state: SimulatorState;
  /** Faults: failures of requests. */
  readonly faults: {
    add(rule: FaultRule): FaultHandle;
    clear(): void;
    list(): FaultHandle[];
  };
  /** TCP connections: open now, the maximum, and the total since the start or the last reset. */
  readonly connections: { open: number; peak: number; total: number };
  /** Running requests: now, and the maximum since the start or the last reset. */
  readonly concurrency: { now: number; peak: number };
  /** Restores the initial objects, settings, faults, requests and counts. Credentials stay. */
  reset(): void;
  /** Closes every connection and stops listening. May be called twice. */
  close(): Promise<void>;
}

/**
 * Starts GitLab's API for agents in this process: agents, tokens, URL configurations, and the parts of
 * projects, metadata and users that agents need. It stores nothing on disk.
 *
 * @throws Error if the port is taken or an option is invalid
 * @example
 * ```ts
 * import { startSimulator } from "pulumi-gitlab-agent/simulator";
 *
 * const gitlab = await startSimulator();
 * const response = await fetch(`${gitlab.url}/api/v4/projects/101/cluster_agents`, {
 *   headers: { "PRIVATE-TOKEN": gitlab.tokens.maintainer ?? "" },
 * });
 * await gitlab.close();
 * ```
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const resolved = resolvedOptions(options);
  const simulation = new Simulation(resolved);
  const app = application(simulation);
  const own = control(simulation);
  const listener = getRequestListener(
    (request, env) => {
      const http = env as HttpBindings;
      const path = (http.incoming.url ?? "").split("?")[0] ?? "";
      return isControl(path, resolved.basePath) ? own.fetch(request) : handleRequest(simulation, app, request, http);
    },
    // The process belongs to the tests' author: its global Request and Response stay unchanged.
    { overrideGlobalObjects: false },
  );
  const server = listening(resolved, (incoming, outgoing) => void listener(incoming, outgoing));
  const sockets = new Set<Socket>();
  const connections = { open: 0, peak: 0, total: 0 };
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    connections.total += 1;
    connections.open = sockets.size;
    connections.peak = Math.max(connections.peak, sockets.size);
    socket.once("close", () => {
      sockets.delete(socket);
      connections.open = sockets.size;
    });
  });
  await listen(server, resolved);
  simulation.ownUrl = ownUrl(server, resolved);

  let closing: Promise<void> | undefined;
  return {
    url: simulation.ownUrl,
    tokens: Object.fromEntries(resolved.users.map(({ username, token }) => [username, token])),
    projects: [...simulation.store.projects.values()].map(({ id, path }) => ({ id, path })),
    requests: simulation.requests,
    state: new SimulatorState(simulation),
    faults: simulation.faults,
    connections,
    concurrency: simulation.concurrency,
    reset: () => {
      simulation.reset();
      Object.assign(connections, { peak: sockets.size, total: sockets.size });
    },
    close: () => {
      closing ??= new Promise((resolve) => {
        simulation.close();
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      });
      return closing;
    },
  };
}

function listening({ tls }: ResolvedOptions, listener: RequestListener): Server {
  const server =
    tls === undefined
      ? createServer(listener)
      : createTlsServer({ ...tls, rejectUnauthorized: tls.requestCert ?? false }, listener);
  // As long as GitLab's nginx, so that a client that reuses connections does not use one that was just closed.
  server.keepAliveTimeout = 75_000;
  return server;
}

function listen(server: Server, { port, host }: ResolvedOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function ownUrl(server: Server, { tls, host, basePath }: ResolvedOptions): string {
  const { port } = server.address() as AddressInfo;
  const reachable = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  const authority = reachable.includes(":") ? `[${reachable}]` : reachable;
  return `${tls === undefined ? "http" : "https"}://${authority}:${port}${basePath}`;
}

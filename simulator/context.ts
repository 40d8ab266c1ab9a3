import type { HttpBindings } from "@hono/node-server";
import type { Context, Hono } from "hono";

import type { RecordedRequest } from "./requestLog";
import type { Simulation } from "./simulation";

/** What a handler knows of its request and its GitLab. */
export interface RequestBindings extends HttpBindings {
  simulation: Simulation;
  /** The path as sent: not decoded, without the query and the base path. */
  rawPath: string;
  /** The whole body as text. */
  body: string;
  recorded: RecordedRequest;
}

export interface SimulatorEnvironment {
  Bindings: RequestBindings;
}

export type SimulatorContext = Context<SimulatorEnvironment>;
export type SimulatorApp = Hono<SimulatorEnvironment>;

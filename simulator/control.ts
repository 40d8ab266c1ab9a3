import { Hono } from "hono";

import type { SimulatorApp, SimulatorEnvironment } from "./context";
import { type FaultRule, parseFaultRules } from "./faultRule";
import { pageActions } from "./pageActions";
import type { Simulation } from "./simulation";
import { SimulatorState } from "./state";
import { carryOutActions, type StateResult } from "./stateActions";
import { faultStatus, status } from "./status";
import { statusPage } from "./statusPage";

/** The path of the simulator's own addresses, which are separate from GitLab's routes. */
export const CONTROL_PREFIX = "/_simulator";

/** Whether a path is the simulator's own. Such requests are not recorded and have no faults. */
export function isControl(path: string, basePath: string): boolean {
  const own = path.startsWith(`${basePath}/`) ? path.slice(basePath.length) : path;
  return path === "/" || path === basePath || own === "/" || own.startsWith(`${CONTROL_PREFIX}/`);
}

/**
 * | request | does |
 * | --- | --- |
 * | `GET /` | the status page |
 * | `GET /_simulator/status` | the same as JSON, secrets masked |
 * | `GET /_simulator/state` | all objects, **secrets included** |
 * | `POST /_simulator/state` | makes changes by hand: one action or a list of them, as JSON |
 * | `GET /_simulator/requests` | all recorded requests |
 * | `GET /_simulator/faults` | the rules and how often they fired |
 * | `POST /_simulator/faults` | adds a rule or a list of them, as JSON |
 * | `DELETE /_simulator/faults` | removes all rules |
 * | `POST /_simulator/reset` | restores the initial state |
 */
export function control(simulation: Simulation): SimulatorApp {
  const app: SimulatorApp = new Hono<SimulatorEnvironment>({ strict: false });
  const { basePath } = simulation.options;
  const own: SimulatorApp = app.basePath(basePath + CONTROL_PREFIX);
  const faults = (): unknown[] => simulation.faults.list().map(faultStatus);

  for (const path of new Set(["/", basePath || "/"]))
    app.get(path, (c) => c.html(statusPage(simulation, new URL(c.req.url).searchParams)));
  own.route("/page", pageActions(simulation));
  own.get("/status", (c) => c.json(status(simulation)));
  own.get("/requests", (c) => c.json(simulation.requests));
  own.get("/state", (c) => {
    const { projects, users, agents, tokens, urlConfigurations } = simulation.store;
    const all = { projects, users, agents, tokens, urlConfigurations };
    return c.json(Object.fromEntries(Object.entries(all).map(([name, records]) => [name, [...records.values()]])));
  });
  own.post("/state", async (c) => {
    let results: StateResult[];
    try {
      results = carryOutActions(new SimulatorState(simulation), await c.req.text());
    } catch (error) {
      return c.json({ message: (error as Error).message }, 400);
    }
    return c.json(results);
  });
  own.get("/faults", (c) => c.json(faults()));
  own.post("/faults", async (c) => {
    let rules: FaultRule[];
    try {
      rules = parseFaultRules(await c.req.text());
    } catch (error) {
      return c.json({ message: (error as Error).message }, 400);
    }
    for (const rule of rules) simulation.faults.add(rule);
    return c.json(faults(), 201);
  });
  own.delete("/faults", (c) => {
    simulation.faults.clear();
    return c.json(faults());
  });
  own.post("/reset", (c) => {
    simulation.reset();
    return c.json(status(simulation));
  });
  return app;
}

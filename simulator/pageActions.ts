import { Hono } from "hono";

import type { SimulatorApp, SimulatorContext, SimulatorEnvironment } from "./context";
import { parseFaultRules } from "./faultRule";
import type { Simulation } from "./simulation";
import { SimulatorState } from "./state";

/** What the forms of the page do. Each responds with the page as it was shown: same filter, same opened request. */
export function pageActions(simulation: Simulation): SimulatorApp {
  const app: SimulatorApp = new Hono<SimulatorEnvironment>();

  // The page of another site could send a form here as well.
  app.use(async (c, next) => {
    const origin = c.req.header("Origin");
    if (origin !== undefined && (origin === "null" || new URL(origin).host !== c.req.header("Host"))) {
      return c.text("This form is not of the simulator's page.", 403);
    }
    return next();
  });

  app.post("/faults", async (c) => {
    const fields = Object.entries(await c.req.parseBody<Record<string, string>>()).filter(([, value]) => value !== "");
    const rule = fields.filter(([, value]) => value !== "all").map(([name, value]) => [name, fieldValue(name, value)]);
    try {
      for (const each of parseFaultRules(Object.fromEntries(rule))) simulation.faults.add(each);
    } catch (error) {
      return c.text((error as Error).message, 400);
    }
    return back(c, simulation);
  });

  app.post("/faults/remove", async (c) => {
    const { rule } = await c.req.parseBody<{ rule: string }>();
    simulation.faults
      .list()
      .find((handle) => handle.number === Number(rule))
      ?.remove();
    return back(c, simulation);
  });

  app.post("/agents/connect", async (c) => {
    const { token } = await c.req.parseBody<{ token: string }>();
    // It may have been revoked or deleted since the page was shown.
    if (simulation.store.tokens.get(Number(token))?.status === "active") {
      new SimulatorState(simulation).markTokenUsed(Number(token));
    }
    return back(c, simulation);
  });

  return app;
}

const NUMBERS = ["status", "times", "delay", "probability"];

/** A number where a rule has one, and `always` for all requests. */
function fieldValue(name: string, value: string): string | number {
  return NUMBERS.includes(name) && value !== "always" ? Number(value) : value;
}

/** Back to the page, with the filter and the opened request that its address had. */
function back(c: SimulatorContext, simulation: Simulation): Response {
  const referer = c.req.header("Referer");
  const search = referer === undefined ? "" : new URL(referer).search;
  return c.redirect(`${simulation.options.basePath}/${search}`, 303);
}

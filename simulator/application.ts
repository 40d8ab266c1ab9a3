import { Hono } from "hono";

import type { SimulatorApp, SimulatorEnvironment } from "./context";
import { sentCredential } from "./authentication";
import { ApiError, unknownRoute } from "./errors";
import { agentRoutes } from "./routes/agents";
import { metadataRoutes } from "./routes/metadata";
import { projectRoutes } from "./routes/projects";
import { tokenRoutes } from "./routes/tokens";
import { urlConfigurationRoutes } from "./routes/urlConfigurations";
import { userRoutes } from "./routes/user";
import type { Simulation } from "./simulation";

/** The API's path below the base path. */
export const API_PREFIX = "/api/v4";

/** GitLab's routes, without the HTTP server. */
export function application(simulation: Simulation): SimulatorApp {
  const app: SimulatorApp = new Hono<SimulatorEnvironment>();
  const api: SimulatorApp = app.basePath(simulation.options.basePath + API_PREFIX);
  api.use(async (c, next) => {
    simulation.rateLimiter.count(sentCredential(c));
    await next();
  });
  agentRoutes(api);
  tokenRoutes(api);
  if (!simulation.options.foss) urlConfigurationRoutes(api);
  projectRoutes(api);
  metadataRoutes(api);
  userRoutes(api);

  app.notFound((c) => c.json(unknownRoute().body, 404));
  app.onError((error, c) => {
    if (error instanceof ApiError) {
      const { body, status, headers } = error;
      return typeof body === "string" ? c.text(body, status, headers) : c.json(body, status, headers);
    }
    process.stderr.write(`The GitLab simulator failed: ${error.stack ?? error.message}\n`);
    return c.json({ message: "500 Internal Server Error" }, 500);
  });
  return app;
}

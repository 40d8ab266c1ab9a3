import { authenticate } from "../authentication";
import type { SimulatorApp } from "../context";

/** `GET /metadata`: version and the address of the agent server (KAS). */
export function metadataRoutes(app: SimulatorApp): void {
  app.get("/metadata", (c) => {
    authenticate(c);
    const { options } = c.env.simulation;
    const { enabled, externalUrl, externalK8sProxyUrl, version } = options.kas;
    return c.json({
      version: options.version,
      revision: options.revision,
      kas: {
        enabled,
        externalUrl: enabled ? externalUrl : null,
        externalK8sProxyUrl: enabled ? externalK8sProxyUrl : null,
        version: enabled ? version : null,
      },
      enterprise: !options.foss,
    });
  });
}

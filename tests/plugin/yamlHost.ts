import * as path from "node:path";
import { describeClient, providedClients } from "../conformance/clients";
import { cleanEnvironment } from "../support/processes";

/**
 * Declares tests that run YAML programs, if Pulumi's YAML host is available; see {@link describeClient}.
 *
 * @param declare gets the environment in which the engine finds the host
 */
export function describeYaml(name: string, declare: (env: { PATH: string }) => void): void {
  describeClient(name, providedClients().yaml, (host) =>
    declare({ PATH: [path.dirname(host), cleanEnvironment()["PATH"] ?? ""].join(path.delimiter) }),
  );
}

import * as path from "node:path";
import { describeClient, providedClients } from "../conformance/clients";
import { cleanEnvironment } from "../support/processes";

/**
 * Declares tests that run YAML programs, where Pulumi's YAML host is to be had; see {@link describeClient}.
 *
 * @param declare is given the environment by which the engine finds the host
 */
export function describeYaml(name: string, declare: (env: { PATH: string }) => void): void {
  describeClient(name, providedClients().yaml, (host) =>
    declare({ PATH: [path.dirname(host), cleanEnvironment()["PATH"] ?? ""].join(path.delimiter) }),
  );
}

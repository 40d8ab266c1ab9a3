import { readFileSync } from "node:fs";
import * as path from "node:path";
import type { EngineStack } from "./engine";

/** A resource as the state file has it, with encrypted secrets. */
export interface InStateFile {
  urn: string;
  type: string;
  outputs?: Record<string, unknown>;
}

/** All resources in the state file of a stack with the default names, which needs no start of the CLI. */
export function resourcesIn(stack: EngineStack): InStateFile[] {
  const file = path.join(stack.folder, "backend/.pulumi/stacks/test/dev.json");
  const { checkpoint } = JSON.parse(readFileSync(file, "utf8")) as {
    checkpoint: { latest?: { resources?: InStateFile[] } };
  };
  return checkpoint.latest?.resources ?? [];
}

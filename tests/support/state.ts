import type { EngineStack } from "./engine";

/** A resource in the state file, with encrypted secrets. */
export interface RecordedResource {
  type: string;
  id: string;
  inputs: Record<string, unknown>;
  outputs: Record<string, unknown>;
  /** Its size in bytes in the state file, as the engine writes it. */
  size: number;
}

/** Our resources in the stack's newest state file. */
export function deploymentOf(stack: EngineStack): RecordedResource[] {
  interface Checkpoint {
    checkpoint?: { latest?: { resources?: RecordedResource[] } };
  }
  const found = stack.stateFiles().flatMap((text) => {
    if (!text.startsWith("{")) return [];
    const { checkpoint } = JSON.parse(text) as Checkpoint;
    const resources = checkpoint?.latest?.resources ?? [];
    return resources
      .filter(({ type }) => type.startsWith("pulumi-nodejs:dynamic/gitlab:"))
      .map((resource) => ({ ...resource, size: JSON.stringify(resource, null, 4).length }));
  });
  return [...new Map(found.map((resource) => [`${resource.type} ${resource.id}`, resource])).values()];
}

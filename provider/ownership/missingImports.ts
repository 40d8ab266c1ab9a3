import type { dynamic } from "@pulumi/pulumi";
import { gitLab } from "../configuration";
import { described, type ObjectKind } from "./heldObjects";
import type { Properties } from "../inputs/properties";

/**
 * An imported object that is deleted by hand is made anew by the next update, also where its `import` option was left in.
 * Were the resource forgotten by a refresh, nothing would tell a later update that the option was followed before, and its id
 * would be taken for a wrong one. So the state says of a resource that it was imported, and keeps one that is missing.
 */
export function withImported(imported: boolean, outputs: Properties): Properties {
  return imported ? { ...outputs, imported: true } : outputs;
}

/** Whether the resource was imported, by its outputs. */
export function wasImported(outputs: Properties): boolean {
  return outputs["imported"] === true;
}

/** Outputs of an imported resource whose object is proved gone. The user is told, since it stays in the state. */
export function missing(kind: ObjectKind, id: string, outputs: Properties): Properties {
  const what = described(kind, id, outputs);
  gitLab()
    .begin(`read ${what}`)
    .info(
      `${what}, which was imported, no longer exists in GitLab. The next \`pulumi up\` creates a new one in its place.`,
    );
  return { ...outputs, missing: true };
}

/** Whether a refresh found that the object of an imported resource is gone. */
export function isMissing(outputs: Properties): boolean {
  return outputs["missing"] === true;
}

/** The difference of a resource whose object is missing: it is replaced, and nothing has to make room for the new one. */
export function replacedSinceMissing(result: dynamic.DiffResult): dynamic.DiffResult {
  return { changes: true, replaces: [...(result.replaces ?? []), "missing"], deleteBeforeReplace: false };
}

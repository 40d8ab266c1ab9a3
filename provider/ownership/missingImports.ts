import type { dynamic } from "@pulumi/pulumi";
import { gitLab } from "../configuration";
import { described } from "./heldObjects";
import type { ObjectKind } from "../inputs/ids";
import type { Properties } from "../inputs/properties";

/**
 * An imported object that was deleted by hand is created again by the next update, also if its `import` option stays.
 * If a refresh removed the resource from the state, a later update would not know that the option was used before, and would report
 * its id as wrong. So the state records that a resource was imported, and keeps a missing one.
 */
export function withImported(imported: boolean, outputs: Properties): Properties {
  return imported ? { ...outputs, imported: true } : outputs;
}

/** Whether the resource was imported, by its outputs. */
export function wasImported(outputs: Properties): boolean {
  return outputs["imported"] === true;
}

/** Outputs of an imported resource whose object is proved gone. It informs the user, since the resource stays in the state. */
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

/** The diff of a resource whose object is missing: it is replaced, without a deletion before. */
export function replacedSinceMissing(result: dynamic.DiffResult): dynamic.DiffResult {
  return { changes: true, replaces: [...(result.replaces ?? []), "missing"], deleteBeforeReplace: false };
}

import { gitLab } from "../configuration";
import { described, holdOf, numberIn, type Hold } from "./heldObjects";
import type { ObjectKind } from "../inputs/ids";
import { pendingImport } from "./spentImports";
import type { Properties } from "../inputs/properties";

/**
 * Whether an object must not be deleted although the engine requests it, since a resource of this run has it or is about to import
 * it. Then nothing is sent, and one line says why.
 *
 * @param id the id of the resource to delete
 * @param recorded its outputs
 * @param importObject imports by an `import` option. If the deletion comes first (`deleteBeforeReplace`), the object is imported
 *   before the engine asks for it: if that fails, the deletion fails with the reason, and the state still has the object
 */
export async function keptAlive(
  kind: ObjectKind,
  id: string,
  recorded: Properties,
  importObject: (inputs: Properties) => Promise<unknown>,
): Promise<boolean> {
  const number = numberIn(id);
  if (holdOf(kind, number) === undefined) {
    const inputs = pendingImport(kind, number);
    if (inputs !== undefined) await importObject(inputs);
  }
  const hold = holdOf(kind, number);
  if (hold === undefined) return false;
  const what = described(kind, id, recorded);
  gitLab()
    .begin(`keep ${what}`)
    .warn(`${what} was not deleted. ${reason(kind, hold)}`);
  return true;
}

function reason(kind: ObjectKind, hold: Hold): string {
  if (hold !== "imported") {
    return `A resource of this program still has it; only another record of it was removed from the state. GitLab's ${kind} is deleted when the last resource that has it is removed from the program or destroyed.`;
  }
  const deleteFirst =
    kind === "token"
      ? ""
      : `, with the resource option \`deleteBeforeReplace: true\` for that update, since the old and the new ${kind} cannot exist at the same time`;
  return `A resource of this program has the option \`import\` for it, and took it over in this update. If that resource was to be replaced (\`--replace\`, \`pulumi state taint\`): \`import\` is still set, so the same ${kind} was taken over again, and nothing was replaced. To replace it, remove \`import\`, then run \`pulumi up --replace <its urn>\`${deleteFirst}.`;
}

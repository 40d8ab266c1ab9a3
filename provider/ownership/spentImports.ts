import { fingerprint, foundUnchanged, objectKey } from "./heldObjects";
import { parseId, type ObjectKind } from "../inputs/ids";
import { isUnknown, type Properties } from "../inputs/properties";

/** Import ids that were used before this run: their objects are in the state. */
const followed = new Set<string>();

/** The same for resources with unchanged inputs: diff says whether they are replaced. */
const undecided = new Set<string>();

/** Objects that this run deleted or found gone. */
const gone = new Set<string>();

/** Inputs whose import is only in the state, since the program no longer declares it. Other resources may declare it. */
const removed = new Set<string>();

/** By the fingerprint of a program's inputs: the import that was added to them. */
const restored = new Map<string, Properties>();

/** New imports, with the inputs that check accepted. */
const pending = new Map<string, Properties>();

/** A program's inputs about an import. They are not inputs of the object, so a replacement must not show them as differences. */
const IMPORT_INPUTS = ["importId", "allowMissingToken"] as const;

/**
 * The inputs of a program, with the import of the state if the program no longer declares it. Otherwise Pulumi would list it as a
 * difference beside the input that replaces the resource; it is not used again. The engine checks a resource that it is about to
 * replace a second time, as if it were new: the same inputs then get the same import.
 */
export function withImportOfBefore(kind: ObjectKind, olds: Properties, news: Properties): Properties {
  if (news["importId"] != null) return news;
  const print = fingerprint(kind, news);
  if (olds["importId"] == null) return { ...news, ...restored.get(print) };
  const kept = { ...news, ...importInputs({ ...olds, ...importInputs(news) }) };
  // An import that check would not accept is not added.
  if (kind === "token" && kept["allowMissingToken"] !== true) return news;
  restored.set(print, importInputs(kept));
  return kept;
}

/** Records inputs that check accepted with an import that {@link withImportOfBefore} added, which is not used again. */
export function noteRemovedImport(kind: ObjectKind, accepted: Properties): void {
  removed.add(fingerprint(kind, accepted));
}

/** The import's inputs for the outputs: Pulumi compares inputs with them if a replacement is created first. */
export function importInputs(properties: Properties): Properties {
  return Object.fromEntries(
    IMPORT_INPUTS.filter((name) => properties[name] != null && !isUnknown(properties[name])).map((name) => [
      name,
      properties[name],
    ]),
  );
}

/**
 * Records an `import` option. As with Pulumi's own import, an id is used only once: if the option stays
 * and the resource is replaced, a new object is created instead of importing the old one again. Only `check` gets the earlier
 * inputs. It does not get them at a first creation, nor at a forced replacement (`--replace`, `pulumi state taint`),
 * which looks the same.
 */
export function noteImport(kind: ObjectKind, olds: Properties, accepted: Properties): void {
  const key = importKey(kind, accepted);
  if (key === undefined) return;
  if (key !== importKey(kind, olds)) pending.set(key, accepted);
  // Another resource may import the same object, and be created before this one's diff is known.
  else if (fingerprint(kind, olds) === fingerprint(kind, accepted)) undecided.add(key);
  else followed.add(key);
}

/** Records that a resource is replaced although its inputs are unchanged, since its object was changed by hand. */
export function noteReplacement(kind: ObjectKind, news: Properties): void {
  const key = importKey(kind, news);
  if (key !== undefined && undecided.has(key)) followed.add(key);
}

/**
 * Records that a resource is deleted and created again because a resource that it depends on is: the engine calls diff
 * with unknown inputs, and later checks it as if it were new.
 */
export function noteDependentReplacement(kind: ObjectKind, news: Properties): void {
  const key = importKey(kind, news);
  if (key === undefined || isRemoved(kind, news, key)) return;
  if (isUnknown({ ...news, importId: undefined })) followed.add(key);
}

/** Records that an object is gone, so its import id has nothing to import any more. */
export function noteGone(kind: ObjectKind, id: number | undefined): void {
  if (id !== undefined) gone.add(objectKey(kind, id));
}

/** The inputs of a creation, without a used import id. */
export function withoutSpentImport(kind: ObjectKind, inputs: Properties): Properties {
  if (!isSpent(kind, inputs) && !isRemoved(kind, inputs, importKey(kind, inputs))) return inputs;
  const { importId: _, ...rest } = inputs;
  return rest;
}

/** Whether a creation with these inputs imports an object. */
export function willImport(kind: ObjectKind, inputs: Properties): boolean {
  return importKey(kind, inputs) !== undefined && !isSpent(kind, inputs);
}

/** The inputs of a resource that is about to import this object; undefined if none is. */
export function pendingImport(kind: ObjectKind, id: number | undefined): Properties | undefined {
  const inputs = id === undefined ? undefined : pending.get(objectKey(kind, id));
  return inputs === undefined || isSpent(kind, inputs) ? undefined : inputs;
}

/** Clears all records. Only for tests that simulate several runs in one process. */
export function forgetImports(): void {
  for (const seen of [followed, undecided, gone, removed, restored, pending]) seen.clear();
}

/** Whether no resource of the program declares this import with these inputs. */
function isRemoved(kind: ObjectKind, inputs: Properties, key: string | undefined): boolean {
  const print = fingerprint(kind, inputs);
  if (key === undefined || !removed.has(print)) return false;
  const declared = pending.get(key);
  return declared === undefined || fingerprint(kind, declared) !== print;
}

function isSpent(kind: ObjectKind, inputs: Properties): boolean {
  const key = importKey(kind, inputs);
  if (key === undefined) return false;
  if (gone.has(key) || gone.has(agentKey(kind, inputs))) return true;
  // A delete-first replacement was interrupted before its creation: the engine creates the resource again although its object exists.
  return followed.has(key) && !foundUnchanged(kind, inputs);
}

/** A key for one object, whatever the spelling of the project in the import id; the text itself if it is not an id. */
function importKey(kind: ObjectKind, inputs: Properties): string | undefined {
  const importId = inputs["importId"];
  if (typeof importId !== "string" || isUnknown(importId)) return undefined;
  return objectKey(kind, idsIn(kind, importId)?.own ?? importId);
}

function agentKey(kind: ObjectKind, inputs: Properties): string {
  return objectKey("agent", idsIn(kind, String(inputs["importId"]))?.agent ?? "");
}

function idsIn(kind: ObjectKind, importId: string): { own: number; agent: number } | undefined {
  try {
    const { agentId, objectId } = parseId(importId, kind, kind === "agent" ? "agentId" : "objectId");
    return { own: objectId, agent: agentId };
  } catch {
    // Not an id: the creation reports it.
    return undefined;
  }
}

import { fingerprint, foundUnchanged, objectKey, type ObjectKind } from "./heldObjects";
import { parseId, type ResourceName } from "../inputs/ids";
import { isUnknown } from "../inputs/unknowns";
import type { Properties } from "../inputs/properties";

/** Import ids that were followed before this run began: their objects are in the state. */
const followed = new Set<string>();

/** The same, of resources whose inputs are those of before: whether they are replaced is known by their difference. */
const undecided = new Set<string>();

/** Objects that this run deleted, or found to be gone. */
const gone = new Set<string>();

/** Inputs whose import the program no longer declares: it is in the state only. Other resources may declare it. */
const takenAway = new Set<string>();

/** By the fingerprint of a program's inputs: what was brought back to them. */
const broughtBack = new Map<string, Properties>();

/** What is to be imported, and has not been followed before, with the inputs that check accepted. */
const pending = new Map<string, Properties>();

/** What a program says of an import. They are no inputs of the object: they must not show as differences of a replacement. */
const IMPORT_INPUTS = ["importId", "allowMissingToken"] as const;

/**
 * The inputs of a program, with what an import was declared by where the program no longer says it. Pulumi lists every input that
 * comes or goes beside the one that replaces a resource; it is spent all the same. The engine checks a resource that it is about to
 * replace a second time, as if it were new: what was said the first time is said again for the same inputs.
 */
export function withImportOfBefore(kind: ObjectKind, olds: Properties, news: Properties): Properties {
  if (news["importId"] != null) return news;
  const print = fingerprint(kind, news);
  if (olds["importId"] == null) return { ...news, ...broughtBack.get(print) };
  const kept = { ...news, ...importInputs({ ...olds, ...importInputs(news) }) };
  // What no check would accept is not brought back.
  if (kind === "token" && kept["allowMissingToken"] !== true) return news;
  broughtBack.set(print, importInputs(kept));
  return kept;
}

/** Keeps in mind inputs that check accepted with an import that {@link withImportOfBefore} brought back: it is not followed. */
export function noteTakenAway(kind: ObjectKind, accepted: Properties): void {
  takenAway.add(fingerprint(kind, accepted));
}

/** What says of an import, for the outputs: Pulumi compares inputs with them where a replacement is created first. */
export function importInputs(properties: Properties): Properties {
  return Object.fromEntries(
    IMPORT_INPUTS.filter((name) => properties[name] != null && !isUnknown(properties[name])).map((name) => [
      name,
      properties[name],
    ]),
  );
}

/**
 * Takes note of an `import` option. As with Pulumi's own import, an id that was followed once is spent: where the option was left
 * in and the resource is replaced, the new object is made, not the old one taken over again. `check` alone is told the
 * inputs of before. It is not told them at a first creation, nor at a forced replacement (`--replace`, `pulumi state taint`),
 * which looks the same.
 */
export function noteImport(kind: ObjectKind, olds: Properties, accepted: Properties): void {
  const key = importKey(kind, accepted);
  if (key === undefined) return;
  if (key !== importKey(kind, olds)) pending.set(key, accepted);
  // Another resource may import the same object, and be created before the difference of this one is known.
  else if (fingerprint(kind, olds) === fingerprint(kind, accepted)) undecided.add(key);
  else followed.add(key);
}

/** Takes note of a resource that is replaced although its inputs are those of before: its object was changed by hand. */
export function noteReplacement(kind: ObjectKind, news: Properties): void {
  const key = importKey(kind, news);
  if (key !== undefined && undecided.has(key)) followed.add(key);
}

/**
 * Takes note of a resource that is deleted and made anew because something that it depends on is: the engine asks for its
 * difference with inputs that are not known, and later checks it as if it were new.
 */
export function noteDependentReplacement(kind: ObjectKind, news: Properties): void {
  const key = importKey(kind, news);
  if (key === undefined || isTakenAway(kind, news, key)) return;
  if (isUnknown({ ...news, importId: undefined })) followed.add(key);
}

/** Takes note of an object that is no longer there: what it was imported by has nothing to import any more. */
export function noteGone(kind: ObjectKind, id: number | undefined): void {
  if (id !== undefined) gone.add(objectKey(kind, id));
}

/** The inputs of a creation, without an import id that is spent. */
export function withoutSpentImport(kind: ObjectKind, inputs: Properties): Properties {
  if (!isSpent(kind, inputs) && !isTakenAway(kind, inputs, importKey(kind, inputs))) return inputs;
  const { importId: _, ...rest } = inputs;
  return rest;
}

/** Whether a creation with these inputs takes an object over. */
export function willImport(kind: ObjectKind, inputs: Properties): boolean {
  return importKey(kind, inputs) !== undefined && !isSpent(kind, inputs);
}

/** The inputs of a resource that is about to import this object; undefined where none is. */
export function pendingImport(kind: ObjectKind, id: number | undefined): Properties | undefined {
  const inputs = id === undefined ? undefined : pending.get(objectKey(kind, id));
  return inputs === undefined || isSpent(kind, inputs) ? undefined : inputs;
}

/** Forgets what was seen. Only for tests that play several runs in one process. */
export function forgetImports(): void {
  for (const seen of [followed, undecided, gone, takenAway, broughtBack, pending]) seen.clear();
}

/** Whether no resource of the program declares this import with these inputs. */
function isTakenAway(kind: ObjectKind, inputs: Properties, key: string | undefined): boolean {
  const print = fingerprint(kind, inputs);
  if (key === undefined || !takenAway.has(print)) return false;
  const declared = pending.get(key);
  return declared === undefined || fingerprint(kind, declared) !== print;
}

function isSpent(kind: ObjectKind, inputs: Properties): boolean {
  const key = importKey(kind, inputs);
  if (key === undefined) return false;
  if (gone.has(key) || gone.has(agentKey(kind, inputs))) return true;
  // A deletion that comes first and was cut off from its creation: the engine makes the resource anew, though its object lives.
  return followed.has(key) && !foundUnchanged(kind, inputs);
}

/** One key for one object, however the import id spells its project; the text itself where it is no id. */
function importKey(kind: ObjectKind, inputs: Properties): string | undefined {
  const importId = inputs["importId"];
  if (typeof importId !== "string" || isUnknown(importId)) return undefined;
  return objectKey(kind, idsIn(kind, importId)?.own ?? importId);
}

function agentKey(kind: ObjectKind, inputs: Properties): string {
  return objectKey("agent", idsIn(kind, String(inputs["importId"]))?.agent ?? "");
}

const RESOURCES: Readonly<Record<ObjectKind, ResourceName>> = {
  agent: "ClusterAgent",
  token: "AgentToken",
  "URL configuration": "ReceptiveUrlConfig",
};

function idsIn(kind: ObjectKind, importId: string): { own: number; agent: number } | undefined {
  try {
    const { agentId, objectId } = parseId(RESOURCES[kind], importId);
    return { own: objectId, agent: agentId };
  } catch {
    // Not an id: the creation says so.
    return undefined;
  }
}

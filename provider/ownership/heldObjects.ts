import { createHash } from "node:crypto";
import { gitLab } from "../configuration";
import type { ObjectKind, ProjectName } from "../inputs/ids";
import { canonicalJson } from "../inputs/normalization";
import { typed, type Properties } from "../inputs/properties";

/**
 * How a resource of this run got its object: it created the object, imported it by its `import` option, or has it in the state
 * without a change.
 */
export type Hold = "created" | "imported" | "unchanged";

/**
 * A process of the provider serves one preview or one update, so this records one run. The engine may
 * ask to delete an object that another resource of the same run has: a forced replacement of an imported resource imports the
 * same object again and then deletes "the old one"; two resources may import one object; a killed update leaves
 * a deletion that the next one carries out. Such an object must not be deleted.
 */
const holds = new Map<string, Hold>();

/** Objects of resources in this program's state, as passed by the engine. */
const recorded = new Set<string>();

/** Inputs that check accepted in this run. */
const checked = new Set<string>();

/** Inputs for which diff found no change in this run. */
const unchanged = new Set<string>();

/** A key for one object of one GitLab. */
export function objectKey(kind: ObjectKind, id: number | string): string {
  return `${address()} ${kind} ${id}`;
}

/** The number of an object, from its resource's id in the state; undefined if that has another form. */
export function numberIn(id: string): number | undefined {
  const digits = /:(\d+)$/.exec(id)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** The parts of an object's description. */
export interface Described {
  project: ProjectName;
  agentId: number;
  objectId: number;
  name?: string | undefined;
}

/** An agent in words, such as `agent 7 ("production") of project group/app`. */
export function describeAgent({ project, objectId, name }: Described): string {
  return `agent ${objectId}${name === undefined ? "" : ` ("${name}")`} of project ${project}`;
}

/** A token or URL configuration in words, such as `token 3 ("blue") of agent 7 in project group/app`. */
export function describeChild(noun: string, { project, agentId, objectId, name }: Described): string {
  return `${noun} ${objectId}${name === undefined ? "" : ` ("${name}")`} of agent ${agentId} in project ${project}`;
}

/** An object in words, from its resource's id and outputs. */
export function described(kind: ObjectKind, id: string, outputs: Properties): string {
  const object = { ...typed<Described>(outputs), objectId: numberIn(id) ?? 0 };
  return kind === "agent" ? describeAgent(object) : describeChild(kind, object);
}

/** Records that a resource of this run has the object. */
export function holdObject(kind: ObjectKind, id: number | undefined, how: Hold): void {
  if (id !== undefined) holds.set(objectKey(kind, id), how);
}

/** How a resource of this run got the object; undefined if none has it, as far as this process knows. */
export function holdOf(kind: ObjectKind, id: number | undefined): Hold | undefined {
  return id === undefined ? undefined : holds.get(objectKey(kind, id));
}

/** Records that a resource in this program's state has the object. */
export function noteRecorded(kind: ObjectKind, id: number | undefined): void {
  if (id !== undefined) recorded.add(objectKey(kind, id));
}

/** Whether a resource of this program has the object, by the state that this process has seen and by its own work. */
export function ownedByThisProgram(kind: ObjectKind, id: number): boolean {
  return holdOf(kind, id) !== undefined || recorded.has(objectKey(kind, id));
}

/**
 * Records inputs that check accepted. The engine checks each resource of the program before it calls diff. A
 * refresh calls diff too, also for resources that the program no longer declares, but without a check before.
 */
export function noteChecked(kind: ObjectKind, inputs: Properties): void {
  checked.add(fingerprint(kind, inputs));
}

/** Records that the program declares a resource's object without a change. */
export function noteUnchanged(kind: ObjectKind, id: string, news: Properties): void {
  const print = fingerprint(kind, news);
  if (!checked.has(print)) return;
  unchanged.add(print);
  holdObject(kind, numberIn(id), "unchanged");
}

/** Whether diff found no change for exactly these inputs. */
export function foundUnchanged(kind: ObjectKind, inputs: Properties): boolean {
  return unchanged.has(fingerprint(kind, inputs));
}

/** A key for equal inputs of one kind in one GitLab. */
export function inputsKey(kind: ObjectKind, inputs: Properties): string {
  return objectKey(kind, fingerprint(kind, inputs));
}

/** Clears all records. Only for tests that simulate several runs in one process. */
export function forgetHeldObjects(): void {
  for (const seen of [holds, recorded, checked, unchanged]) seen.clear();
}

/**
 * Equal for equal inputs, whatever the order of their keys and whether absent values are null. Hashed, since inputs
 * contain secrets and whole certificates.
 */
export function fingerprint(kind: ObjectKind, inputs: Properties): string {
  const given: unknown = JSON.parse(JSON.stringify(inputs, (_, value: unknown) => value ?? undefined));
  return createHash("sha256")
    .update(`${kind} ${canonicalJson(given)}`)
    .digest("base64");
}

/** GitLab's address; empty if the settings are unusable, so that nothing can be sent either. */
function address(): string {
  try {
    return gitLab().settings.baseUrl;
  } catch {
    return "";
  }
}

/**
 * The first advice if existing objects prevent a creation: one of them may be the resource's own under a former name,
 * or belong to another resource of the program. Ends with a space, for the sentences that follow.
 *
 * @param own the resource's present object, if known: then the resource was not renamed
 */
export function ownersFirst(kind: ObjectKind, ids: readonly number[], own?: number): string {
  const owned = ids.filter((id) => id !== own && ownedByThisProgram(kind, id));
  const others = owned.length === 0 ? "" : `Another resource of this program has ${kind} ${owned.join(" and ")}. `;
  if (own !== undefined && ids.includes(own))
    return `This resource already has ${kind} ${own}, which is to be replaced. ${others}`;
  return `${others}If this resource was renamed in the program, set the resource option \`aliases: [{ name: "<its former name>" }]\`: the resource then keeps its ${kind}, and nothing is created or deleted. `;
}

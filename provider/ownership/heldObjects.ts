import { createHash } from "node:crypto";
import { gitLab } from "../configuration";
import type { ProjectName } from "../inputs/ids";
import { canonicalJson } from "../inputs/normalization";
import { typed, type Properties } from "../inputs/properties";

/** What our resources manage in GitLab. Each kind is numbered apart: the same number in all three is normal. */
export type ObjectKind = "agent" | "token" | "URL configuration";

/**
 * How a resource of this run came to hold an object: it made it, it took it over by its `import` option, or its state has it
 * and nothing of it changes.
 */
export type Hold = "created" | "imported" | "unchanged";

/**
 * A process of the provider serves one preview or one update, so what is kept here is what this run has seen. The engine may
 * ask to delete an object that another resource of the same run holds: a forced replacement of an imported resource takes the
 * same object over again and then deletes "the old one"; two resources may import one object; an update that was killed leaves
 * a deletion that the next one carries out. Such an object must live.
 */
const holds = new Map<string, Hold>();

/** Objects that a resource in the state of this program had when the engine showed it to us. */
const recorded = new Set<string>();

/** Inputs that check accepted in this run. */
const checked = new Set<string>();

/** Inputs for which diff found no change in this run. */
const unchanged = new Set<string>();

/** One key for one object of one GitLab. */
export function objectKey(kind: ObjectKind, id: number | string): string {
  return `${address()} ${kind} ${id}`;
}

/** The number of an object, from the id that its resource has in the state; undefined where that has another form. */
export function numberIn(id: string): number | undefined {
  const digits = /:(\d+)$/.exec(id)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** What an object is described by. */
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

/** What belongs to an agent in words, such as `token 3 ("blue") of agent 7 in project group/app`. */
export function describeChild(noun: string, { project, agentId, objectId, name }: Described): string {
  return `${noun} ${objectId}${name === undefined ? "" : ` ("${name}")`} of agent ${agentId} in project ${project}`;
}

/** An object in words, from the id and the outputs of its resource. */
export function described(kind: ObjectKind, id: string, outputs: Properties): string {
  const object = { ...typed<Described>(outputs), objectId: numberIn(id) ?? 0 };
  return kind === "agent" ? describeAgent(object) : describeChild(kind, object);
}

/** Keeps in mind that a resource of this run holds the object. */
export function holdObject(kind: ObjectKind, id: number | undefined, how: Hold): void {
  if (id !== undefined) holds.set(objectKey(kind, id), how);
}

/** How a resource of this run holds the object; undefined where none does, as far as this process has seen. */
export function holdOf(kind: ObjectKind, id: number | undefined): Hold | undefined {
  return id === undefined ? undefined : holds.get(objectKey(kind, id));
}

/** Keeps in mind that a resource in the state of this program has the object. */
export function noteRecorded(kind: ObjectKind, id: number | undefined): void {
  if (id !== undefined) recorded.add(objectKey(kind, id));
}

/** Whether a resource of this program has the object, by what this process was shown of its state or did itself. */
export function ownedByThisProgram(kind: ObjectKind, id: number): boolean {
  return holdOf(kind, id) !== undefined || recorded.has(objectKey(kind, id));
}

/**
 * Keeps in mind what check accepted. The engine checks each resource of the program before it asks for its difference. A
 * refresh asks for differences too, also of resources that the program no longer declares, but checks nothing before.
 */
export function noteChecked(kind: ObjectKind, inputs: Properties): void {
  checked.add(fingerprint(kind, inputs));
}

/** Keeps in mind that the program declares the object that a resource has, without a change. */
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

/** One key for equal inputs of one kind in one GitLab. */
export function inputsKey(kind: ObjectKind, inputs: Properties): string {
  return objectKey(kind, fingerprint(kind, inputs));
}

/** Forgets what was seen. Only for tests that play several runs in one process. */
export function forgetHeldObjects(): void {
  for (const seen of [holds, recorded, checked, unchanged]) seen.clear();
}

/**
 * Equal for equal inputs, whatever the order of their keys and whether what is absent is written as null. Hashed, since inputs
 * hold secrets and whole certificates.
 */
export function fingerprint(kind: ObjectKind, inputs: Properties): string {
  const given: unknown = JSON.parse(JSON.stringify(inputs, (_, value: unknown) => value ?? undefined));
  return createHash("sha256")
    .update(`${kind} ${canonicalJson(given)}`)
    .digest("base64");
}

/** Where GitLab is; empty where the settings cannot be used, so that nothing can be sent either. */
function address(): string {
  try {
    return gitLab().settings.baseUrl;
  } catch {
    return "";
  }
}

/**
 * What to look at first where objects stand in the way of a creation: one of them may be the resource's own under a former name,
 * or belong to another resource of the program. Ends in a blank, for the sentences that follow.
 *
 * @param own the one that the resource has until now, where that is known: then it was not renamed
 */
export function ownersFirst(kind: ObjectKind, ids: readonly number[], own?: number): string {
  const owned = ids.filter((id) => id !== own && ownedByThisProgram(kind, id));
  const others = owned.length === 0 ? "" : `Another resource of this program has ${kind} ${owned.join(" and ")}. `;
  if (own !== undefined && ids.includes(own))
    return `This resource's own is ${kind} ${own}, which is to be replaced. ${others}`;
  return `${others}If this resource was renamed in the program, set the resource option \`aliases: [{ name: "<its former name>" }]\`: it keeps its ${kind}, and nothing is created or deleted. `;
}

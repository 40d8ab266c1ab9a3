import type { RecordedRequest } from "../../simulator/requestLog";
import { leaks } from "../support/canary";
import { objectOf, type Held, type Outcome } from "./engine";
import type { Program } from "./program";
import { deletedBy, split, type World } from "./world";

/** GitLab and the state at one moment. */
export interface Snapshot {
  live: ReadonlySet<string>;
  held: readonly Held[];
}

/** One run of the engine, with the moments before and after it. */
export interface RunSeen {
  operation: "up" | "refresh" | "destroy" | "preview";
  program: Program;
  before: Snapshot;
  after: Snapshot;
  outcome: Outcome;
  requests: readonly RecordedRequest[];
}

/** The rules that a run broke, as text; empty if it broke none. */
export function brokenRules(seen: RunSeen, world: World): string[] {
  return [
    ...wrongDeletions(seen, world),
    ...wrongTakeovers(seen, world),
    ...lostEntries(seen),
    ...missingObjects(seen, world),
    ...unnamedOrphans(seen, world),
    ...shownSecrets(seen, world),
    ...(seen.operation === "up" && seen.outcome.ok ? differences(seen, world) : []),
    ...(seen.operation === "destroy" && seen.outcome.ok ? leftovers(seen, world) : []),
    ...(seen.operation === "preview" ? writesOfPreview(seen) : []),
  ];
}

/** A run deletes only objects that the state had, or that it created. */
function wrongDeletions({ before, requests }: RunSeen, world: World): string[] {
  const ours = new Set(before.held.map(({ key }) => key));
  return requests.flatMap((request) => {
    const key = deletedBy(request);
    if (key === undefined || ours.has(key)) return [];
    const isForeign = before.live.has(key) || world.theirs.has(key);
    return isForeign ? [`${key} was deleted, which the state did not hold: ${owner(key, world)}`] : [];
  });
}

/** An existing object is taken over only by an import. */
function wrongTakeovers({ program, before, after }: RunSeen, world: World): string[] {
  const known = new Set(before.held.map(({ key }) => key));
  return after.held.flatMap(({ key, kind, name }) => {
    if (known.has(key) || !(before.live.has(key) || world.theirs.has(key))) return [];
    const imported = program.some(
      (one) => one.name === name && one.importId && objectOf(kind, one.importId).key === key,
    );
    if (!imported) return [`${name} took over ${key} without an import: ${owner(key, world)}`];
    world.theirs.delete(key);
    world.orphans.delete(key);
    return [];
  });
}

/** An object that exists in GitLab stays in the state, with the same id. */
function lostEntries({ operation, before, after }: RunSeen): string[] {
  const held = new Set(after.held.map(({ key }) => key));
  const lost = before.held
    .filter(({ key, replacing }) => !replacing && after.live.has(key) && !held.has(key))
    .map(({ key, name }) => `the state forgot ${name}, though ${key} is there`);
  if (operation !== "refresh") return lost;
  const ids = new Set(before.held.map(({ key }) => key));
  return [
    ...lost,
    ...[...held].filter((key) => !ids.has(key)).map((key) => `refresh gave an entry another object, ${key}`),
  ];
}

/** An object in the state exists, unless others removed it, or the run ended before it recorded a deletion. */
function missingObjects({ operation, program, before, after, outcome, requests }: RunSeen, world: World): string[] {
  const deleted = new Set(requests.map(deletedBy));
  const failed = new Set(outcome.errors.map(({ name }) => name));
  return after.held.flatMap(({ key, kind, name, pending, replacing, agentId }) => {
    if (pending || replacing || after.live.has(key) || world.removedByOthers.has(key)) return [];
    // It was deleted with its agent, which is checked separately.
    if (split(key)[0] !== "agent" && !after.live.has(`agent:${agentId}`)) return [];
    const unrecorded = deleted.has(key) && (outcome.killed || failed.has(name));
    // Its deletion is pending, since another resource had the same object.
    const wanted = operation !== "destroy" && program.some((one) => one.kind === kind && one.name === name);
    if (unrecorded || !wanted || wasDeletedFirst(key, before, requests)) {
      world.removedByOthers.add(key);
      return [];
    }
    return [`the state holds ${name} as ${key}, which this run deleted`];
  });
}

/**
 * Two resources imported one object, and one of them is replaced, delete first: at that moment the process does not know the other
 * resource yet. Deletions at the end of an update are checked.
 */
function wasDeletedFirst(key: string, before: Snapshot, requests: readonly RecordedRequest[]): boolean {
  if (before.held.filter((one) => one.key === key).length < 2) return false;
  const at = requests.findIndex((request) => deletedBy(request) === key);
  return requests.slice(at).some(({ method }) => method === "POST");
}

/** An object that the run created is in the state, or a message names it. */
function unnamedOrphans({ before, after, outcome }: RunSeen, world: World): string[] {
  const held = new Set(after.held.map(({ key }) => key));
  return [...after.live].flatMap((key) => {
    if (before.live.has(key) || held.has(key) || world.theirs.has(key) || world.orphans.has(key)) return [];
    world.orphans.add(key);
    // A killed process cannot name what it created; the engine names the pending operations.
    return outcome.killed || isNamed(key, outcome.text, world)
      ? []
      : [`${key} was made, is in no state, and no message names it`];
  });
}

/** Whether a text names an object: by its number, or by its agent or project and its name. */
export function isNamed(key: string, text: string, world: World): boolean {
  const [kind, id] = split(key);
  const { state } = world.simulator;
  if (kind === "agent") {
    const { name } = state.agent(id);
    return new RegExp(`\\bagent ${id}\\b|agent "${name}"`, "i").test(text);
  }
  const agentId = world.agentOf(key);
  const ofAgent = new RegExp(`agent ${agentId}\\b`, "i").test(text);
  if (kind === "config")
    return new RegExp(`URL configuration ${id}\\b`).test(text) || (ofAgent && /URL configuration/.test(text));
  const name = state.tokens.find((token) => token.id === id)?.name;
  return new RegExp(`token ${id}\\b`).test(text) || (ofAgent && text.includes(`token "${name}"`));
}

/** Secrets are not shown. */
function shownSecrets({ outcome }: RunSeen, world: World): string[] {
  return [...leaks(outcome.text, world.secrets()), ...leaks(outcome.clear, world.secrets())].map(
    (name) => `${name} is shown`,
  );
}

/** After a successful update, the state has the declared resources, and GitLab has these and the objects of others. */
function differences({ after, program }: RunSeen, world: World): string[] {
  const { state } = world.simulator;
  const held = new Set(after.held.map(({ key }) => key));
  const problems = [...after.live]
    .filter((key) => !held.has(key) && !world.theirs.has(key) && !world.orphans.has(key))
    .map((key) => `${key} is there, and the state does not hold it`);
  for (const { kind, name, pending, replacing } of after.held) {
    if (pending || replacing) problems.push(`${name} still waits to be deleted or replaced`);
    if (!program.some((one) => one.kind === kind && one.name === name)) problems.push(`the state still holds ${name}`);
  }
  for (const declared of program) {
    const { kind, name } = declared;
    const entries = after.held.filter((one) => one.kind === kind && one.name === name);
    const [entry] = entries;
    if (entry === undefined || entries.length > 1) {
      problems.push(`the state has ${entries.length} entries of ${kind} ${name}`);
      continue;
    }
    if (!after.live.has(entry.key)) continue;
    const [, id] = split(entry.key);
    const token = state.tokens.find((one) => kind === "token" && one.id === id);
    const config = state.urlConfigurations.find((one) => kind === "config" && one.id === id);
    const agentId =
      typeof declared.agent === "string"
        ? after.held.find((one) => one.kind === "agent" && one.name === declared.agent)?.agentId
        : declared.agent;
    if (kind === "agent" && declared.called !== undefined && state.agent(id).name !== declared.called)
      problems.push(`${name} has another name`);
    if (kind !== "agent" && world.agentOf(entry.key) !== agentId)
      problems.push(`${name} belongs to another agent than it should`);
    if (token !== undefined && declared.called !== undefined && token.name !== declared.called)
      problems.push(`${name} has another name`);
    if (config !== undefined && config.url !== declared.url) problems.push(`${name} has another URL`);
    if (token !== undefined && entry.secret !== undefined && entry.secret !== token.secret)
      problems.push(`${name} has another token's secret`);
  }
  return problems;
}

/** After a successful destroy, no object of the stack is left. */
function leftovers({ after }: RunSeen, world: World): string[] {
  const gone = [...after.live].filter((key) => !world.theirs.has(key) && !world.orphans.has(key));
  return [
    ...gone.map((key) => `${key} is left after destroy`),
    ...after.held.map(({ name }) => `the state still holds ${name}`),
  ];
}

/** A preview writes nothing. */
function writesOfPreview({ requests }: RunSeen): string[] {
  return requests
    .filter(({ method }) => method !== "GET")
    .map(({ method, path }) => `a preview sent ${method} ${path}`);
}

function owner(key: string, world: World): string {
  if (world.theirs.has(key)) return "others made it";
  return world.orphans.has(key) ? "an earlier run made it, and no state has it" : "its owner is not known";
}

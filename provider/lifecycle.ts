import type { dynamic } from "@pulumi/pulumi";
import { noteProgram, settingsViolation } from "./configuration";
import { withCode } from "./gitlab";
import { formatId, type ObjectKind, type ProjectName } from "./inputs/ids";
import { toPlainJson, typed, type Properties } from "./inputs/properties";
import { deleteObject, readObject, type DeletableKind } from "./objects";
import { holdObject, noteChecked, noteRecorded, noteUnchanged, numberIn } from "./ownership/heldObjects";
import { imported, importViolation, type Importing } from "./ownership/importComparison";
import { keptAlive } from "./ownership/keptObjects";
import { isMissing, missing, replacedSinceMissing, wasImported, withImported } from "./ownership/missingImports";
import {
  importInputs,
  noteDependentReplacement,
  noteGone,
  noteImport,
  noteReplacement,
  noteRemovedImport,
  withImportOfBefore,
  withoutSpentImport,
} from "./ownership/spentImports";

/** The result of check: the accepted inputs, and their violations. */
export interface Checked {
  inputs: Properties;
  violations: readonly string[];
}

/** The common part of all inputs and states. */
interface AnyObject {
  project: ProjectName;
  name?: string;
}

/** One kind of object: what differs between kinds. Everything else is shared, here and in objects.ts. */
export interface Kind<Inputs extends AnyObject, State extends AnyObject, Found extends { id: number }>
  extends DeletableKind<State, Found>, Importing<Inputs, Found> {
  readonly kind: ObjectKind;
  /** Validates the inputs of a program, which may be anything; `olds` are those in the state, empty for a creation. */
  check(olds: Properties, news: Properties): Checked;
  /** The changed inputs. Every change replaces. */
  diff(id: string, olds: State, news: Inputs): Promise<dynamic.DiffResult>;
  /** Creates the object, and ends with exactly one that is ours, or with an error. */
  create(inputs: Inputs): Promise<Found>;
  /** The outputs of a new object that are recorded in any case. */
  known(found: Found, inputs: Inputs): object;
  /** The state after a creation or an import. */
  created(found: Found, inputs: Inputs): State | Promise<State>;
}

/** The result of check: the inputs as they are kept, and what is wrong with them. */
export interface CheckResult {
  inputs: Properties;
  failures?: dynamic.CheckFailure[];
}

/** The methods that the engine calls, by either door: plain properties in, plain results out. */
export interface Lifecycle {
  check(olds: Properties, news: Properties): Promise<CheckResult>;
  diff(id: string, olds: Properties, news: Properties): Promise<dynamic.DiffResult>;
  create(inputs: Properties): Promise<{ id: string; outs: Properties }>;
  /** Both are absent where a refresh finds that the object is gone. */
  read(id: string, state: Properties): Promise<{ id?: string; props?: Properties }>;
  update(id: string, olds: Properties, news: Properties): Promise<{ outs: Properties }>;
  delete(id: string, state: Properties): Promise<void>;
}

/** The lifecycle of a kind of object, with this process's records of which resource has which object. */
export function lifecycleOf<Inputs extends AnyObject, State extends AnyObject, Found extends { id: number }>(
  kind: Kind<Inputs, State, Found>,
): Lifecycle {
  const noun = kind.kind;
  const create = (inputs: Properties) => createOrImport(kind, inputs);
  return {
    async check(olds, news) {
      noteProgram();
      const given = withImportOfBefore(noun, olds, news);
      const { inputs, violations } = kind.check(olds, given);
      const fault = settingsViolation();
      const failures = [...violations, ...(fault === undefined ? [] : [fault])].map(failure);
      if (failures.length > 0) return { inputs, failures };
      const declared = given["importId"] === news["importId"];
      if (declared) noteImport(noun, olds, inputs);
      else noteRemovedImport(noun, inputs);
      noteChecked(noun, inputs);
      const violation = declared ? await importViolation(kind, olds, inputs) : undefined;
      return violation === undefined ? { inputs } : { inputs, failures: [failure(violation)] };
    },

    async diff(id, olds, news) {
      noteRecorded(noun, numberIn(id));
      noteDependentReplacement(noun, news);
      const result = await kind.diff(id, typed<State>(olds), typed<Inputs>(news));
      if (isMissing(olds)) {
        noteGone(noun, numberIn(id));
        return replacedSinceMissing(result);
      }
      if (result.changes === false) noteUnchanged(noun, id, news);
      else noteReplacement(noun, news);
      return result;
    },

    async create(inputs) {
      const result = await create(withoutSpentImport(noun, inputs));
      return { ...result, outs: { ...result.outs, ...importInputs(inputs) } };
    },

    async read(id, state) {
      // Without a recorded state, the program looks the object up (`get`).
      if (Object.entries(state).every(([name, value]) => name === "__provider" || value == null)) noteProgram();
      if (kind.numberKey in state) noteRecorded(noun, numberIn(id));
      const found = await readObject(kind, id, typed<State>(state));
      if (found !== undefined) {
        const outputs = withImported(wasImported(state), { ...found.state, ...importInputs(state) });
        return { id: found.id, props: toPlainJson(outputs) };
      }
      noteGone(noun, numberIn(id));
      return wasImported(state) ? { id, props: toPlainJson(missing(noun, id, state)) } : {};
    },

    // No input can be changed in place. The engine calls this only to complete a partially recorded object.
    async update(id, olds, news) {
      const found = await readObject(kind, id, typed<State>(olds));
      if (found === undefined) {
        throw new Error(
          `${id} no longer exists in GitLab. Run \`pulumi refresh\`, then \`pulumi up\`, to create it anew.`,
        );
      }
      return { outs: toPlainJson({ ...news, ...found.state }) };
    },

    async delete(id, state) {
      if (await keptAlive(noun, id, state, create)) return;
      await deleteObject(kind, id, typed<State>(state));
      noteGone(noun, numberIn(id));
    },
  };
}

/** A failure of check without a property's name: the engine would print the property's value, also a secret. */
export function failure(reason: string): dynamic.CheckFailure {
  return { property: "", reason: withCode(reason) };
}

/** Creates or imports, and records that a resource of this run has the object, also if the creation failed partially. */
async function createOrImport<Inputs extends AnyObject, State extends AnyObject, Found extends { id: number }>(
  kind: Kind<Inputs, State, Found>,
  properties: Properties,
): Promise<{ id: string; outs: Properties }> {
  const isImport = properties["importId"] != null;
  const inputs = typed<Inputs>(properties);
  const hold = (id: string) => holdObject(kind.kind, numberIn(id), isImport ? "imported" : "created");
  try {
    const found = isImport
      ? await imported(kind.kind, properties, () => kind.importObject(inputs))
      : await kind.create(inputs);
    const result = await createResult(idOf(inputs, found), kind.known(found, inputs), () =>
      kind.created(found, inputs),
    );
    hold(result.id);
    return { ...result, outs: withImported(isImport, result.outs) };
  } catch (error) {
    if (error instanceof InitFailure) hold(error.id);
    throw error;
  }
}

function idOf(inputs: AnyObject & { agentId?: number }, found: { id: number }): string {
  return inputs.agentId === undefined
    ? formatId(inputs.project, found.id)
    : formatId(inputs.project, inputs.agentId, found.id);
}

/**
 * A partial failure: the object exists, but our own code failed afterwards. The engine reads these members by
 * name: it records the object, shows the reasons, and calls update the next time.
 */
export class InitFailure extends Error {
  override readonly name = "InitFailure";
  readonly reasons: string[];

  constructor(
    readonly id: string,
    readonly properties: Properties,
    reason: string,
  ) {
    super(reason);
    this.reasons = [reason];
  }
}

/**
 * The result of a creation. Once GitLab has created the object, nothing may lose it: if its outputs cannot be
 * computed, the object is recorded with `known`, which needs no computation.
 */
export async function createResult(
  id: string,
  known: object,
  outputs: () => object | Promise<object>,
): Promise<{ id: string; outs: Properties }> {
  try {
    return { id, outs: toPlainJson(await outputs()) };
  } catch (error) {
    const reason = `The object exists in GitLab as ${id}, but its response could not be read: ${messageOf(error)}. It is recorded; run \`pulumi up\` again to complete it.`;
    throw new InitFailure(id, toPlainJson(known), reason);
  }
}

/** The text of a thrown value. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

import type { dynamic } from "@pulumi/pulumi";
import { configure, noteProgram, settingsFault } from "./configuration";
import { GitLabError } from "./gitlab";
import { holdObject, noteChecked, noteRecorded, noteUnchanged, numberIn } from "./ownership/heldObjects";
import { importFault, type Importing } from "./ownership/importComparison";
import { keptAlive } from "./ownership/keptObjects";
import { isMissing, missing, replacedSinceMissing, wasImported, withImported } from "./ownership/missingImports";
import {
  importInputs,
  noteDependentReplacement,
  noteGone,
  noteImport,
  noteReplacement,
  noteTakenAway,
  withImportOfBefore,
  withoutSpentImport,
} from "./ownership/spentImports";

/** How a secret is marked on the engine's wire: the name of the mark, and the mark. */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

/** Inputs, and outputs, as they cross the engine's wire. */
export type Properties = Record<string, unknown>;

/**
 * Marks a value as secret. The engine re-marks by name what was secret among the inputs; an output that first appears in an
 * answer of ours would be plain text in the state without this mark.
 */
export function secret(value: string | undefined): unknown {
  return value === undefined ? undefined : { [SIGNATURE]: SECRET, value };
}

/** Outputs as the engine handed them over, with what is secret among them marked again. */
function withSecrets(outputs: Properties): Properties {
  const marked = { ...outputs };
  for (const key of ["token", "clientKey"]) {
    if (typeof marked[key] === "string") marked[key] = secret(marked[key]);
  }
  return marked;
}

/**
 * What may be handed to the engine: plain JSON without undefined. Anything else ("Unexpected struct type") would fail the
 * call after the object was made, and leave an orphan.
 */
export function toPlainJson(properties: Properties): Properties {
  return JSON.parse(JSON.stringify(properties)) as Properties;
}

/**
 * An object that exists, but of which something went wrong afterwards in our own code. The engine reads these members by
 * name: it records the object, shows the reasons, and calls update the next time.
 */
export class InitFailure extends Error {
  override readonly name = "RecordedWithFault";
  readonly id: string;
  readonly properties: Properties;
  readonly reasons: string[];
  constructor(id: string, properties: Properties, inputs: Properties, reason: string) {
    super(reason);
    this.id = id;
    // Without __provider, neither refresh nor destroy could load us for this resource ever again.
    this.properties = toPlainJson({ ...properties, __provider: inputs["__provider"] });
    this.reasons = [reason];
  }
}

/**
 * The outcome of a creation. From the moment GitLab has made the object nothing may lose it: a fault while its outputs are
 * put together records the object with `known`, which needs no computing.
 */
export function createResult(
  id: string,
  known: Properties,
  inputs: Properties,
  outputs: () => Properties,
): dynamic.CreateResult {
  try {
    return { id, outs: toPlainJson(outputs()) };
  } catch (fault) {
    const reason = `The object exists in GitLab as ${id}, but its answer could not be read: ${messageOf(fault)}. It is recorded; run \`pulumi up\` again to complete it.`;
    throw new InitFailure(id, known, inputs, reason);
  }
}

/** A failure of check that names no property: the engine would print the property's value, secrets included. */
export function failure(reason: string): dynamic.CheckFailure {
  return { property: "", reason };
}

/** The lifecycle of one kind of object, as the resource's file writes it. */
export interface Lifecycle extends Importing {
  check(olds: Properties, news: Properties): dynamic.CheckResult | Promise<dynamic.CheckResult>;
  diff(id: string, olds: Properties, news: Properties): Promise<dynamic.DiffResult>;
  create(inputs: Properties): Promise<dynamic.CreateResult>;
  read(id: string, props: Properties): Promise<dynamic.ReadResult>;
  delete(id: string, props: Properties): Promise<void>;
}

/** What the engine calls: the lifecycle behind a door through which only readable errors and settled results pass. */
export function serve(lifecycle: Lifecycle): dynamic.ResourceProvider {
  const { kind } = lifecycle;
  return {
    configure,
    check: (olds, news) =>
      withReadableErrors(async () => {
        noteProgram();
        const given = withImportOfBefore(kind, olds as Properties, news as Properties);
        const result = withSettingsFault(await lifecycle.check(olds as Properties, given));
        if ((result.failures ?? []).length > 0) return result;
        const accepted = result.inputs as Properties;
        const declared = given["importId"] === (news as Properties)["importId"];
        if (declared) noteImport(kind, olds as Properties, accepted);
        else noteTakenAway(kind, accepted);
        noteChecked(kind, accepted);
        if (!declared) return result;
        const fault = await importFault(lifecycle, olds as Properties, accepted);
        return fault === undefined ? result : { ...result, failures: [failure(fault)] };
      }),
    diff: (id, olds, news) =>
      withReadableErrors(async () => {
        noteRecorded(kind, numberIn(id));
        noteDependentReplacement(kind, news as Properties);
        const result = await lifecycle.diff(id, olds as Properties, news as Properties);
        if (isMissing(olds as Properties)) {
          noteGone(kind, numberIn(id));
          return replacedSinceMissing(result);
        }
        if (result.changes === false) noteUnchanged(kind, id, news as Properties);
        else noteReplacement(kind, news as Properties);
        return result;
      }),
    create: (inputs) =>
      withReadableErrors(async () => {
        const made = await created(lifecycle, withoutSpentImport(kind, inputs as Properties));
        return { ...made, outs: { ...(made.outs as Properties), ...importInputs(inputs as Properties) } };
      }),
    read: (id, props) =>
      withReadableErrors(async () => {
        const olds = (props ?? {}) as Properties;
        const imported = wasImported(olds);
        // Nothing recorded: the program looks the object up (`get`), as no refresh does.
        if (Object.entries(olds).every(([name, value]) => name === "__provider" || value == null)) noteProgram();
        const found = await lifecycle.read(id, olds);
        if (found.id === undefined) {
          noteGone(kind, numberIn(id));
          return imported ? { id, props: toPlainJson(missing(kind, id, withSecrets(olds))) } : {};
        }
        const outputs = withImported(imported, { ...(found.props as Properties), ...importInputs(olds) });
        return { ...found, props: toPlainJson(outputs) };
      }),
    // No input can be changed in place. This is reached only to complete what a fault of ours left half recorded.
    update: (id, olds, news) =>
      withReadableErrors(async () => {
        const found = await lifecycle.read(id, olds as Properties);
        if (found.id === undefined) {
          throw new Error(
            `${id} no longer exists in GitLab. Run \`pulumi refresh\`, then \`pulumi up\`, to create it anew.`,
          );
        }
        return { outs: toPlainJson({ ...(news as Properties), ...(found.props as Properties) }) };
      }),
    delete: (id, props) =>
      withReadableErrors(async () => {
        const importObject = (inputs: Properties) => created(lifecycle, inputs);
        if (await keptAlive(kind, id, props as Properties, importObject)) return;
        await lifecycle.delete(id, props as Properties);
        noteGone(kind, numberIn(id));
      }),
  };
}

/** Creates or takes over, and keeps in mind that a resource of this run has the object: also where it is recorded with a fault. */
async function created(lifecycle: Lifecycle, inputs: Properties): Promise<dynamic.CreateResult> {
  const imported = inputs["importId"] != null;
  const hold = (id: string) => holdObject(lifecycle.kind, numberIn(id), imported ? "imported" : "created");
  try {
    const result = await lifecycle.create(inputs);
    hold(result.id);
    return { ...result, outs: withImported(imported, result.outs as Properties) };
  } catch (fault) {
    if (fault instanceof InitFailure) hold(fault.id);
    throw fault;
  }
}

/** What is wrong with the settings is told in a preview already, which may send nothing at all. */
function withSettingsFault(result: dynamic.CheckResult): dynamic.CheckResult {
  const fault = settingsFault();
  return fault === undefined ? result : { ...result, failures: [...(result.failures ?? []), failure(fault)] };
}

/** Runs a call of the engine: whatever it throws leaves as a readable error. */
export async function withReadableErrors<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (fault) {
    throw readableError(fault);
  }
}

/**
 * The host of dynamic providers prints `${error}: ${error.stack}` beside the engine's own message, and dies on anything
 * thrown that is no object: so always an Error, whose stack says in short what the engine tells in full.
 */
function readableError(fault: unknown): Error {
  const error = new Error(messageOf(fault));
  const name = fault instanceof Error ? fault.name : "Error";
  error.name = name;
  error.stack = fault instanceof GitLabError && fault.what !== "" ? `Could not ${fault.what}` : error.message;
  error.toString = () => name;
  if (fault instanceof InitFailure) {
    return Object.assign(error, { id: fault.id, properties: fault.properties, reasons: fault.reasons });
  }
  return error;
}

function messageOf(fault: unknown): string {
  return fault instanceof Error ? fault.message : String(fault);
}

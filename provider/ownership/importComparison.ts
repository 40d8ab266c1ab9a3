import { gitLab } from "../configuration";
import {
  AuthenticationError,
  ConfigurationError,
  GitLabError,
  NotFoundError,
  PermissionError,
  RedirectRefusedError,
} from "../gitlab";
import { inputsKey } from "./heldObjects";
import type { ObjectKind } from "../inputs/ids";
import { willImport } from "./spentImports";
import { isUnknown, typed, type Properties } from "../inputs/properties";

/** How a kind of object is imported by the `import` option. */
export interface Importing<Inputs extends object, Found extends object> {
  readonly kind: ObjectKind;
  /** The inputs that are compared with GitLab. */
  readonly compared: readonly string[];
  /**
   * Reads the object of `importId`. Rejects if it does not exist, or if it differs from the declared inputs.
   *
   * @param limit the time limit in seconds; default: `gitlab:operationTimeout`
   */
  importObject(inputs: Inputs, limit?: number): Promise<Found>;
}

/** The limit in seconds of a preview's comparison, with all tries. The later creation has the usual limit. */
const COMPARISON_LIMIT = 5;

/** Objects that were read and compared, by the inputs, so that the later creation need not read them again. */
const found = new Map<string, object>();

/** The settings with which GitLab did not respond: no other import is compared in a preview of this process. */
const unresponsive = new WeakSet<object>();

/**
 * Compares, during the engine's check, an object to import with the declared inputs, so that a preview shows it:
 * one line if it will be imported. It sends one request, and none if the option will not be used. If GitLab does not
 * respond within seconds, it warns.
 *
 * @param olds the inputs in the state; empty if the resource will be created
 * @returns why the import is impossible; undefined if it is possible, or if this is not known yet
 */
export async function importViolation<Inputs extends object, Found extends object>(
  importing: Importing<Inputs, Found>,
  olds: Properties,
  inputs: Properties,
): Promise<string | undefined> {
  const { kind } = importing;
  // A resource in the state is not imported, whatever the option.
  if (Object.keys(olds).length > 0 || !willImport(kind, inputs)) return undefined;
  const importId = String(inputs["importId"]);
  const operation = gitLab().begin(`compare ${kind} ${importId} with what is declared`);
  const open = importing.compared.filter((key) => isUnknown(inputs[key]));
  if (open.length > 0) {
    const subject = open.length === 1 ? "is" : "are";
    operation.info(
      `will import ${importId} as ${kind}. It is compared in the update: ${open.join(", ")} ${subject} not known yet.`,
    );
    return undefined;
  }
  if (unresponsive.has(operation.settings)) return undefined;
  try {
    found.set(inputsKey(kind, inputs), await importing.importObject(typed<Inputs>(inputs), COMPARISON_LIMIT));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (!(error instanceof GitLabError) || isFinal(error)) return error.message;
    if (unresponsive.has(operation.settings)) return undefined;
    unresponsive.add(operation.settings);
    const { method, path, status, words } = error;
    const outcome = [method && `${method} ${path ?? ""}`, status, words].filter(Boolean).join(": ");
    operation.warn(
      `will import ${importId} as ${kind}, but it could not be compared with what is declared: GitLab gave no usable response within ${COMPARISON_LIMIT} s (${outcome}). No other import is compared before its creation in this run. The update compares each import before it records it.`,
    );
    return undefined;
  }
  operation.info(
    `will import ${importId} as ${kind}. GitLab has it as it is declared: it is shown as created, since it is new in the state, but nothing is created or changed in GitLab.`,
  );
  return undefined;
}

/** The object of an import: as read and compared by check in this process, or otherwise now. */
export async function imported<T extends object>(
  kind: ObjectKind,
  inputs: Properties,
  takeOver: () => Promise<T>,
): Promise<T> {
  const key = inputsKey(kind, inputs);
  const known = found.get(key);
  // Used once: a later creation reads again.
  found.delete(key);
  return (known as T | undefined) ?? (await takeOver());
}

/** Clears all objects. Only for tests that simulate several runs in one process. */
export function forgetComparisons(): void {
  found.clear();
}

/** Whether GitLab has responded, or the settings are unusable, so that waiting would change nothing. */
function isFinal(error: GitLabError): boolean {
  return [NotFoundError, PermissionError, AuthenticationError, ConfigurationError, RedirectRefusedError].some(
    (kind) => error instanceof kind,
  );
}

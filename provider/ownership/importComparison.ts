import { gitLab } from "../configuration";
import {
  AuthenticationError,
  ConfigurationError,
  GitLabError,
  NotFoundError,
  PermissionError,
  RedirectRefusedError,
} from "../gitlab";
import { inputsKey, type ObjectKind } from "./heldObjects";
import { willImport } from "./spentImports";
import { isUnknown } from "../inputs/unknowns";
import { typed, type Properties } from "../inputs/properties";

/** How a kind of object is taken over by its `import` option. */
export interface Importing<Inputs extends object, Found extends object> {
  readonly kind: ObjectKind;
  /** The inputs that are compared with GitLab. */
  readonly compared: readonly string[];
  /**
   * Reads what `importId` names. Rejects where there is none, or where it differs from what is declared.
   *
   * @param limit seconds that this may take; default: `gitlab:operationTimeout`
   */
  importObject(inputs: Inputs, limit?: number): Promise<Found>;
}

/** Seconds that a preview waits for GitLab, with all tries: the creation that follows waits as long as any other. */
const QUESTION_LIMIT = 5;

/** What was read and compared, by the inputs that it was compared with: the creation that follows need not ask again. */
const found = new Map<string, object>();

/** The settings with which GitLab did not answer: no other import is compared in a preview of this process. */
const unanswered = new WeakSet<object>();

/**
 * Compares, while the engine checks inputs, what an import will take over with what is declared, so that a preview shows it:
 * one line where it will be imported. One request, and none where the option will not be followed. A GitLab that does not
 * answer within seconds is a warning.
 *
 * @param olds the inputs in the state; empty where the resource will be created
 * @returns why the import cannot be; undefined where nothing stands in its way, or where it cannot be told yet
 */
export async function importViolation<Inputs extends object, Found extends object>(
  importing: Importing<Inputs, Found>,
  olds: Properties,
  inputs: Properties,
): Promise<string | undefined> {
  const { kind } = importing;
  // A resource that the state has is not imported, whatever the option says.
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
  if (unanswered.has(operation.settings)) return undefined;
  try {
    found.set(inputsKey(kind, inputs), await importing.importObject(typed<Inputs>(inputs), QUESTION_LIMIT));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (!(error instanceof GitLabError) || isAnswer(error)) return error.message;
    if (unanswered.has(operation.settings)) return undefined;
    unanswered.add(operation.settings);
    const { method, path, status, words } = error;
    const told = [method && `${method} ${path ?? ""}`, status, words].filter(Boolean).join(": ");
    operation.warn(
      `will import ${importId} as ${kind}, but it could not be compared with what is declared: GitLab gave no usable answer within ${QUESTION_LIMIT} s (${told}). No other import is compared before its creation in this run. The update compares each import before it records it.`,
    );
    return undefined;
  }
  operation.info(
    `will import ${importId} as ${kind}. GitLab has it as it is declared: it is shown as created, since it is new in the state, but nothing is created or changed in GitLab.`,
  );
  return undefined;
}

/** What an import takes over: as check read and compared it in this process, or else read and compared now. */
export async function imported<T extends object>(
  kind: ObjectKind,
  inputs: Properties,
  takeOver: () => Promise<T>,
): Promise<T> {
  const key = inputsKey(kind, inputs);
  const known = found.get(key);
  // Once: what is created again later is read again.
  found.delete(key);
  return (known as T | undefined) ?? (await takeOver());
}

/** Forgets what was read. Only for tests that play several runs in one process. */
export function forgetComparisons(): void {
  found.clear();
}

/** Whether GitLab has answered the question, or the settings cannot lead to an answer: waiting would change nothing. */
function isAnswer(error: GitLabError): boolean {
  return [NotFoundError, PermissionError, AuthenticationError, ConfigurationError, RedirectRefusedError].some(
    (kind) => error instanceof kind,
  );
}

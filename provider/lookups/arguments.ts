import { agentNameViolation, projectViolation, unknownKeys, numericId } from "../inputs/validation";

/** The error of a lookup with invalid arguments, or without a result. The message says what to do. */
export class LookupFault extends Error {
  override readonly name = "LookupFault";

  constructor(
    message: string,
    /** Whether the object does not exist. */
    readonly notFound = false,
  ) {
    super(message);
  }
}

/**
 * Checks arguments by the rules of resources: unknown names, and invalid projects and names.
 *
 * @throws LookupFault that reports all violations at once
 */
export function checkArguments(lookup: string, given: object, known: readonly string[]): void {
  const { project, name } = given as { project?: unknown; name?: unknown };
  const faults = unknownKeys(lookup, given, known, []);
  // `asProject`, which follows, reports missing and empty arguments.
  const fault = typeof project === "string" && project.trim() !== "" ? projectViolation(project) : undefined;
  if (fault !== undefined) faults.push(`\`project\` ${fault}`);
  const misnamed =
    name === undefined || name === null || !known.includes("name") ? undefined : agentNameViolation(name);
  if (misnamed !== undefined) faults.push(`\`name\` ${misnamed}`);
  if (faults.length > 0) throw new LookupFault(`\`${lookup}\` has a problem: ${faults.join("; ")}.`);
}

/** A valid project: with an empty one the request would go to another address. */
export function asProject(project: unknown): string | number {
  if ((typeof project === "number" || typeof project === "string") && projectViolation(project) === undefined) {
    return project;
  }
  throw new LookupFault(
    `\`project\` is ${shown(project)}; expected the project's numeric id (42) or its full path (group/app).`,
  );
}

/** The numeric id of an agent, token or URL configuration: a number, or its digits. */
export function asId(argument: string, value: unknown): number {
  const id = numericId(value);
  if (id !== undefined) return id;
  throw new LookupFault(`\`${argument}\` is ${shown(value)}; expected a numeric id, a positive whole number.`);
}

/** The numeric id of an agent. */
export function asAgentId(value: unknown): number {
  return asId("agentId", value);
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return "missing";
  return typeof value === "object" ? "an object" : JSON.stringify(value);
}

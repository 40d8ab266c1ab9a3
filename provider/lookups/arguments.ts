import { agentNameViolation, projectViolation, unknownKeys } from "../inputs/validation";

/** A lookup that cannot be asked as it is, or an object that it does not find. The message says what to do. */
export class LookupFault extends Error {
  override readonly name = "LookupFault";

  constructor(
    message: string,
    /** There is no such object. */
    readonly notFound = false,
  ) {
    super(message);
  }
}

/**
 * The rules that resources have for the same arguments: names that are no arguments, and projects and names that cannot be.
 *
 * @throws LookupFault that tells all faults at once
 */
export function checkArguments(lookup: string, given: object, known: readonly string[]): void {
  const { project, name } = given as { project?: unknown; name?: unknown };
  const faults = unknownKeys(lookup, given, known, []);
  // What is missing or empty is told in the words of `asProject`, which follows.
  const fault = typeof project === "string" && project.trim() !== "" ? projectViolation(project) : undefined;
  if (fault !== undefined) faults.push(`\`project\` ${fault}`);
  const misnamed =
    name === undefined || name === null || !known.includes("name") ? undefined : agentNameViolation(name);
  if (misnamed !== undefined) faults.push(`\`name\` ${misnamed}`);
  if (faults.length > 0) throw new LookupFault(`\`${lookup}\` has a problem: ${faults.join("; ")}.`);
}

/** A project that can be asked for: an empty one would lead the request to another address. */
export function asProject(project: unknown): string | number {
  if (typeof project === "number" && Number.isSafeInteger(project) && project > 0) return project;
  if (typeof project === "string" && project.trim() !== "") return project;
  throw new LookupFault(
    `\`project\` is ${shown(project)}; expected the project's numeric id (42) or its full path (group/app).`,
  );
}

/** The numeric id of an agent, token or URL configuration: a number, or its digits. */
export function asId(argument: string, value: unknown): number {
  const id = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof id === "number" && Number.isSafeInteger(id) && id > 0) return id;
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

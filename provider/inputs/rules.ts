import { isUnknown } from "./unknowns";
import { unknownKeys, type Violation } from "./validation";

/** The rule of one argument: what is wrong with a value, and whether there has to be one. */
export interface Rule {
  readonly judge: (value: unknown) => Violation;
  readonly required?: true;
}

/** The rules of a resource's arguments, by their names. */
export type Rules = Readonly<Record<string, Rule>>;

export function required(judge: Rule["judge"]): Rule {
  return { judge, required: true };
}

export function optional(judge: Rule["judge"]): Rule {
  return { judge };
}

/** Ids are taken as a number or as its digits. */
const IDS = ["agentId", "tokenId"];

/**
 * Everything that is wrong with the arguments that a program gives, so that all of it is reported at once. What is not known yet
 * is passed over.
 *
 * @param internal inputs that an `import` option adds: no arguments of the object
 */
export function violationsOf(
  resource: string,
  given: Readonly<Record<string, unknown>>,
  rules: Rules,
  internal: readonly string[] = ["importId"],
): string[] {
  const violations = unknownKeys(resource, given, Object.keys(rules), internal);
  for (const [argument, { judge, required }] of Object.entries(rules)) {
    const value = given[argument];
    if (isUnknown(value)) continue;
    const absent = value === undefined || value === null;
    const violation = absent ? (required ? "is missing" : undefined) : judge(value);
    if (violation !== undefined) violations.push(`\`${argument}\` ${violation}`);
  }
  return violations;
}

/** Inputs without a fault in the form in which they are kept: ids as numbers, nothing that is absent or empty. */
export function normalizedInputs(given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(given)
      .filter(([, value]) => value !== null && value !== undefined && value !== "")
      .map(([key, value]) => [key, IDS.includes(key) && !isUnknown(value) ? Number(value) : value]),
  );
}

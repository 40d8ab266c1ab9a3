import { type Properties, isUnknown } from "./properties";
import { unknownKeys, type Violation } from "./validation";

/** The rule for one argument: its violation by a value, and whether it is required. */
export interface Rule {
  readonly judge: (value: unknown) => Violation;
  readonly required?: true;
}

/** The rules for a resource's arguments, by name. */
export type Rules = Readonly<Record<string, Rule>>;

export function required(judge: Rule["judge"]): Rule {
  return { judge, required: true };
}

export function optional(judge: Rule["judge"]): Rule {
  return { judge };
}

/** Ids are accepted as a number or its digits. */
const IDS = ["agentId", "tokenId"];

/**
 * All violations of a program's arguments, so that they are reported at once. Unknowns are skipped.
 *
 * @param internal inputs that an `import` option adds, which are not arguments of the object
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

/** Valid inputs in the form of the state: ids as numbers, without absent and empty ones. */
export function normalizedInputs(given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(given)
      .filter(([, value]) => value !== null && value !== undefined && value !== "")
      .map(([key, value]) => [key, IDS.includes(key) && !isUnknown(value) ? Number(value) : value]),
  );
}

/**
 * The inputs with the object's name. Without `name`, an object has its resource's name in GitLab. If the resource is renamed
 * with an alias, the default would change; but the alias should keep the object, so the name stays. A new object gets the new
 * default, since `olds` is empty then.
 */
export function keptDefaultName(olds: Properties, news: Properties): Properties {
  const kept = olds["__auto"] === true && news["__auto"] === true && typeof olds["name"] === "string";
  return kept ? { ...news, name: olds["name"] } : news;
}

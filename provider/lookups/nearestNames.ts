import { nearestFirst } from "../gitlab";

/** The maximal number of names in an error. */
const SHOWN = 5;

/** A sentence with the names of a project's agents that are most similar to a missing one. */
export function nearest(name: string, names: readonly string[]): string {
  if (names.length === 0) return "The project has no agents at all.";
  const listed = nearestFirst(name, [...names].sort())
    .slice(0, SHOWN)
    .map((each) => `"${each.name}"`)
    .join(", ");
  return names.length <= SHOWN
    ? `The agents that it has, nearest first: ${listed}.`
    : `The nearest of the ${names.length} that it has: ${listed}. \`getClusterAgents\` lists them all.`;
}

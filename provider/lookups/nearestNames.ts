import { nearestFirst } from "../gitlab";

/** How many names an error lists. */
const SHOWN = 5;

/** A sentence with the names of a project's agents that come nearest to one that is not there. */
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

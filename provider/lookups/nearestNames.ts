import { distance } from "fastest-levenshtein";

/** How many names an error lists. */
const SHOWN = 5;

/** A sentence with the names of a project's agents that come nearest to one that is not there. */
export function nearest(name: string, names: readonly string[]): string {
  if (names.length === 0) return "The project has no agents at all.";
  const ranked = [...names].sort((a, b) => distance(name, a) - distance(name, b) || (a < b ? -1 : 1));
  const listed = ranked
    .slice(0, SHOWN)
    .map((each) => `"${each}"`)
    .join(", ");
  return names.length <= SHOWN
    ? `The agents that it has, nearest first: ${listed}.`
    : `The nearest of the ${names.length} that it has: ${listed}. \`getClusterAgents\` lists them all.`;
}

import type { FoundAgent } from "./inventory";

/** The names of an agent's resources in a program. */
export interface ResourceNames {
  agent: string;
  /** By the token's id. */
  tokens: Map<number, string>;
  /** By the URL configuration's id. */
  urlConfigurations: Map<number, string>;
}

/**
 * Names for resources: valid, descriptive, and unique across types, so that they can also name variables. The same
 * inventory always has the same names.
 */
export function nameResources(found: readonly FoundAgent[]): ResourceNames[] {
  const taken = new Set<string>();
  const give = (wanted: string): string => {
    let name = wanted;
    for (let number = 2; taken.has(name); number++) name = `${wanted}-${number}`;
    taken.add(name);
    return name;
  };
  const count = new Map<string, number>();
  for (const { agent } of found) count.set(agent.name, (count.get(agent.name) ?? 0) + 1);
  // Agents first, so that they keep their own names if possible.
  const agents = found.map(({ agent, project }) =>
    give(count.get(agent.name) === 1 ? agent.name : `${slug(String(project))}-${agent.name}`),
  );
  return found.map(({ tokens, urlConfigurations, agent }, index) => {
    const name = agents[index] ?? agent.name;
    const part = (text: string) => (slug(text) === agent.name || slug(text) === "" ? "token" : slug(text));
    return {
      agent: name,
      tokens: new Map(tokens.map((token) => [token.id, give(`${name}-${part(token.name)}`)])),
      urlConfigurations: new Map(urlConfigurations.map(({ id }) => [id, give(`${name}-url`)])),
    };
  });
}

/** Only letters, digits, `-`, `_` and `.`, as in all resource names. */
function slug(text: string): string {
  return text
    .normalize("NFKD")
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[-.]+|[-.]+$/g, "");
}

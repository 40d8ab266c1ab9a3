import type { Properties } from "./properties";

/**
 * The inputs with the name that the object has. A resource without a name of its own choice is called in GitLab as it is in
 * the program. Where it is renamed there, with an alias, the default would be another one: but the alias is there to keep
 * the object, so the name stays. An object that is made anew takes the new default, since `olds` is empty then.
 */
export function keptDefaultName(olds: Properties, news: Properties): Properties {
  const kept = olds["__auto"] === true && news["__auto"] === true && typeof olds["name"] === "string";
  return kept ? { ...news, name: olds["name"] } : news;
}

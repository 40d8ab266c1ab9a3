import type { Properties } from "./properties";

/**
 * The inputs with the object's name. Without `name`, an object has its resource's name in GitLab. If the resource is renamed
 * with an alias, the default would change; but the alias should keep the object, so the name stays. A new object gets the new
 * default, since `olds` is empty then.
 */
export function keptDefaultName(olds: Properties, news: Properties): Properties {
  const kept = olds["__auto"] === true && news["__auto"] === true && typeof olds["name"] === "string";
  return kept ? { ...news, name: olds["name"] } : news;
}

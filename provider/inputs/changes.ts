import type { ProjectName } from "./ids";
import { isUnknown } from "./unknowns";

/** Ids that are unique in a GitLab: where one of them is another, the project need not be compared. */
const DECISIVE = ["agentId", "tokenId"];

/**
 * The inputs that changed, the project last: whether two names are of one project may cost a request, which is not sent where
 * something else is not known yet, since that may turn out to be no change at all.
 *
 * @param news the declared inputs
 * @param same whether each of them, but the project, is what the state has
 * @param sameProject whether the declared project is the one that the state has
 */
export async function changedInputs<Inputs extends { project: ProjectName }>(
  news: Inputs,
  same: Readonly<Partial<Record<keyof Inputs & string, boolean>>>,
  sameProject: (declared: ProjectName) => Promise<boolean>,
): Promise<string[]> {
  const changed = (Object.keys(same) as (keyof Inputs & string)[]).filter(
    (key) => isUnknown(news[key]) || same[key] !== true,
  ) as string[];
  if (isUnknown(news.project)) return [...changed, "project"];
  const mayAsk = isKnown(news, changed) && !changed.some((key) => DECISIVE.includes(key));
  return mayAsk && !(await sameProject(news.project)) ? [...changed, "project"] : changed;
}

/** Whether everything that changed is known: then the object is replaced for certain. */
export function isKnown(news: object, changed: readonly string[]): boolean {
  return !changed.some((key) => isUnknown((news as Record<string, unknown>)[key]));
}

/** Whether a replacement stays on the agent that the object belongs to. */
export function staysOnAgent(changed: readonly string[]): boolean {
  return !changed.includes("agentId") && !changed.includes("project");
}

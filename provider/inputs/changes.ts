import type { ProjectName } from "./ids";
import { isUnknown } from "./properties";

/** Ids that are unique in a GitLab: if one of them differs, the project need not be compared. */
const DECISIVE = ["agentId", "tokenId"];

/** The inputs whose change replaces the object, except the project, which is compared separately. */
type Compared<Inputs> = Exclude<keyof Inputs & string, "project" | "importId" | "allowMissingToken" | "timeout">;

/**
 * The inputs that changed, the project last: comparing two names of projects may need a request, which is not sent if
 * another input is not known yet, since that may turn out to be unchanged.
 *
 * @param news the declared inputs
 * @param same whether each input except the project equals the state's
 * @param sameProject whether the declared project is the state's
 */
export async function changedInputs<Inputs extends { project: ProjectName }>(
  news: Inputs,
  same: Readonly<Record<Compared<Inputs>, boolean>>,
  sameProject: (declared: ProjectName) => Promise<boolean>,
): Promise<string[]> {
  const changed = (Object.keys(same) as Compared<Inputs>[]).filter(
    (key) => isUnknown(news[key]) || same[key] !== true,
  ) as string[];
  if (isUnknown(news.project)) return [...changed, "project"];
  const isUndecided = isKnown(news, changed) && !changed.some((key) => DECISIVE.includes(key));
  return isUndecided && !(await sameProject(news.project)) ? [...changed, "project"] : changed;
}

/** Whether all changed inputs are known, so that the object is certainly replaced. */
export function isKnown(news: object, changed: readonly string[]): boolean {
  return !changed.some((key) => isUnknown((news as Record<string, unknown>)[key]));
}

/** Whether a replacement stays on the same agent. */
export function staysOnAgent(changed: readonly string[]): boolean {
  return !changed.includes("agentId") && !changed.includes("project");
}

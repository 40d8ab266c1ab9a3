import type { dynamic } from "@pulumi/pulumi";
import { forgetCancellation } from "../../provider/gitlab";
import { configure } from "../../provider/doors/configure";
import { forgetAgentProjects } from "../../provider/projectNumbers";
import { forgetComparisons } from "../../provider/ownership/importComparison";
import { forgetHeldObjects } from "../../provider/ownership/heldObjects";
import { forgetReplacedTokens } from "../../provider/ownership/knownTokens";
import { forgetImports } from "../../provider/ownership/spentImports";
import type { Simulator } from "pulumi-gitlab-agent/simulator";
import { withoutCode } from "../support/catalogue";

/** Settings for the lifecycles in this process, as the engine's host would hand them over. */
export async function configured(
  simulator: Simulator,
  settings: Record<string, string | undefined> = {},
): Promise<void> {
  const all: Record<string, string | undefined> = {
    "gitlab:baseUrl": simulator.url,
    "gitlab:token": simulator.tokens["maintainer"] ?? "",
    ...Object.fromEntries(Object.entries(settings).map(([key, value]) => [`gitlab:${key}`, value])),
  };
  await configure({ config: { get: (key) => all[key], require: (key) => all[key] ?? "" } });
}

/** What this process does from here on belongs to another preview or update: the engine starts a process for each. */
export function nextRun(): void {
  forgetCancellation();
  forgetHeldObjects();
  forgetImports();
  forgetReplacedTokens();
  forgetComparisons();
  forgetAgentProjects();
}

/** A door whose methods are all there, as the engine's host finds them. */
export type Door = Required<dynamic.ResourceProvider>;

/** The reasons for which check refuses inputs, each without its code; empty where it takes them. */
export async function refused(door: dynamic.ResourceProvider, news: object, olds: object = {}): Promise<string[]> {
  return (await reasons(door, news, olds)).map(withoutCode);
}

/** The reasons for which check refuses inputs, as the engine shows them; empty where it takes them. */
export async function reasons(door: dynamic.ResourceProvider, news: object, olds: object = {}): Promise<string[]> {
  const result = await (door as Door).check(olds, news);
  return (result.failures ?? []).map(({ property, reason }) => {
    // The engine prints the value of a property that a failure names.
    if (property !== "") throw new Error(`the failure names the property ${property}: ${reason}`);
    return reason;
  });
}

/** What the engine sends in place of a value that is not known yet. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

import type { dynamic } from "@pulumi/pulumi";
import { forgetCancellation } from "../../provider/gitlab";
import { configure } from "../../provider/doors/configure";
import { forgetAgentProjects } from "../../provider/projectNumbers";
import { forgetComparisons } from "../../provider/ownership/importComparison";
import { forgetHeldObjects } from "../../provider/ownership/heldObjects";
import { forgetReplacedTokens } from "../../provider/ownership/knownTokens";
import { forgetImports } from "../../provider/ownership/spentImports";
import type { Simulator } from "pulumi-gitlab-agent/simulator";
import * as dynamicDoors from "../../provider";
import { withoutCode } from "../support/catalogue";
import { nativeDoor } from "../support/nativeDoors";
import type { ServedPlugin } from "../support/plugin";

/** The native plugin, if these tests call it; undefined for the dynamic resources. */
let plugin: ServedPlugin | undefined;

/** Makes the resources of this module call the native plugin, so that one table tests both ways of loading the provider. */
export function callThrough(served: ServedPlugin): void {
  plugin = served;
}

/** Whether the native plugin is called. */
export const isNative = (): boolean => plugin !== undefined;

/** The lines that the native plugin has shown since it was configured, in the form that the dynamic resources print. */
export const logged = (): string[] =>
  (plugin?.log ?? []).map(({ severity, message }) => `${severity === "warning" ? "warning: " : ""}${message}`);

/** A setting's key as messages name it: that of the native plugin or of the dynamic resources. */
export const keyOf = (setting: string): string => `${plugin === undefined ? "gitlab" : "gitlab-agent"}:${setting}`;

/** A project as the state has it: a string in the native plugin, unchanged in the dynamic resources. */
export const projectOf = (project: string | number): string | number =>
  plugin === undefined ? project : String(project);

function door(name: keyof typeof dynamicDoors, type: string): Door {
  const native = nativeDoor(() => plugin!, type);
  const called = (): Door => (plugin === undefined ? (dynamicDoors[name] as Door) : native);
  return {
    configure: (...args) => called().configure(...args),
    check: (...args) => called().check(...args),
    diff: (...args) => called().diff(...args),
    create: (...args) => called().create(...args),
    read: (...args) => called().read(...args),
    update: (...args) => called().update(...args),
    delete: (...args) => called().delete(...args),
  };
}

export const agentConnection = door("agentConnection", "AgentConnection");
export const agentToken = door("agentToken", "AgentToken");
export const clusterAgent = door("clusterAgent", "ClusterAgent");
export const receptiveUrlConfig = door("receptiveUrlConfig", "ReceptiveUrlConfig");

/** Configures the lifecycles in this process, as the engine's host does. */
export async function configured(
  simulator: Simulator,
  settings: Record<string, string | undefined> = {},
): Promise<void> {
  if (plugin !== undefined) {
    plugin.log.length = 0;
    return plugin.configure({ baseUrl: simulator.url, token: simulator.tokens["maintainer"] ?? "", ...settings });
  }
  const all: Record<string, string | undefined> = {
    "gitlab:baseUrl": simulator.url,
    "gitlab:token": simulator.tokens["maintainer"] ?? "",
    ...Object.fromEntries(Object.entries(settings).map(([key, value]) => [`gitlab:${key}`, value])),
  };
  await configure({ config: { get: (key) => all[key], require: (key) => all[key] ?? "" } });
}

/** Starts another preview or update in this process, for which the engine would start a process of its own. */
export function nextRun(): void {
  forgetCancellation();
  forgetHeldObjects();
  forgetImports();
  forgetReplacedTokens();
  forgetComparisons();
  forgetAgentProjects();
}

/** A door with all of its methods, as the engine's host requires. */
export type Door = Required<dynamic.ResourceProvider>;

/** The reasons for which check refuses inputs, without their codes; empty if it accepts them. */
export async function refused(door: dynamic.ResourceProvider, news: object, olds: object = {}): Promise<string[]> {
  return (await reasons(door, news, olds)).map(withoutCode);
}

/** The reasons for which check refuses inputs, as the engine shows them; empty if it accepts them. */
export async function reasons(door: dynamic.ResourceProvider, news: object, olds: object = {}): Promise<string[]> {
  const result = await (door as Door).check(olds, news);
  return (result.failures ?? []).map(({ property, reason }) => {
    // The engine prints the value of a property that a failure names.
    if (property !== "") throw new Error(`the failure names the property ${property}: ${reason}`);
    return reason;
  });
}

/** The engine's placeholder for an unknown value. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

import type { dynamic } from "@pulumi/pulumi";
import { useSettings } from "../configuration";
import { ALIASES, askBeforePosts, DEFAULT_NAMESPACE, SETTING_NAMES } from "../gitlab";
import { endWithoutEngine, watchEngine } from "./engine";

/** The key under which an explicit Provider of the SDK tells its name, so that messages can say where a setting came from. */
export const PROVIDER_NAME = "providerName";
/** The key under which an explicit Provider of the SDK without an address tells the stack's, which does not serve it. */
const STACK_BASE_URL = "stackBaseUrl";

const PREFIX = `${DEFAULT_NAMESPACE}:`;

/**
 * Takes a copy of the settings, and warns of what should be seen on every run, also on one that sends nothing. The host of dynamic
 * providers hands out the provider before this has finished, to calls that came at the same time: so everything happens before
 * the first await, and nothing is thrown. What is wrong or missing is reported by the first request.
 */
export function configure({ config }: dynamic.ConfigureRequest): Promise<void> {
  watchEngine();
  askBeforePosts(() => endWithoutEngine());
  const textOf = (name: string): string | undefined => {
    const value = config.get(`${PREFIX}${name}`) as unknown;
    if (value === undefined || value === null) return undefined;
    return typeof value === "string" ? value : JSON.stringify(value);
  };
  const named = (name: string, value: string | undefined) => (value === undefined ? {} : { [name]: value });
  const names = [...SETTING_NAMES, ...Object.values(ALIASES)];
  useSettings({
    namespace: DEFAULT_NAMESPACE,
    values: Object.assign({}, ...names.map((name) => named(name, textOf(name)))) as Record<string, string>,
    keys: keysOf(config),
    ...named("provider", textOf(PROVIDER_NAME)),
    ...named("stackBaseUrl", textOf(STACK_BASE_URL)),
  });
  return Promise.resolve();
}

/** Every key of our namespace that is given. The host's Config has no listing; its record is read where it is there. */
function keysOf(config: dynamic.Config): string[] {
  const record = (config as { rawConfig?: unknown }).rawConfig;
  if (typeof record !== "object" || record === null) return [];
  return Object.entries(record)
    .filter(([key, value]) => key.startsWith(PREFIX) && value !== null && value !== undefined)
    .map(([key]) => key.slice(PREFIX.length));
}

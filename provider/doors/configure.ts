import type { dynamic } from "@pulumi/pulumi";
import { useSettings } from "../configuration";
import { ALIASES, checkBeforePosts, DEFAULT_NAMESPACE, SETTING_NAMES } from "../gitlab";
import { endWithoutEngine, watchEngine } from "./engine";

/** The key with an explicit Provider's name, so that messages can say where a setting came from. */
export const PROVIDER_NAME = "providerName";
/** The key with the stack's address, for an explicit Provider without one, which does not use it. */
const STACK_BASE_URL = "stackBaseUrl";

const PREFIX = `${DEFAULT_NAMESPACE}:`;

/**
 * Copies the settings, and shows the warnings of every run, also of one without requests. The host of dynamic
 * providers passes the provider to concurrent calls before this has finished: so everything happens before
 * the first await, and nothing is thrown. The first request reports invalid or missing settings.
 */
export function configure({ config }: dynamic.ConfigureRequest): Promise<void> {
  watchEngine();
  checkBeforePosts(() => endWithoutEngine());
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

/** Every given key of our namespace. The host's Config cannot list keys, so this reads its record, if it exists. */
function keysOf(config: dynamic.Config): string[] {
  const record = (config as { rawConfig?: unknown }).rawConfig;
  if (typeof record !== "object" || record === null) return [];
  return Object.entries(record)
    .filter(([key, value]) => key.startsWith(PREFIX) && value !== null && value !== undefined)
    .map(([key]) => key.slice(PREFIX.length));
}

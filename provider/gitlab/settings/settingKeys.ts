import type { Namespace, SettingName, Settings } from "./settings";

/** The beginning of {@link Settings.sources} for a value from the environment. */
export const ENVIRONMENT = "the environment variable ";
/** The text in {@link Settings.sources} for a default. */
export const DEFAULT = "default";
/** What {@link Settings.sources} says of the limit that the engine sends with a call of a resource. */
export const CUSTOM_TIMEOUTS = "the resource option `customTimeouts`";

/** The default namespace. */
export const DEFAULT_NAMESPACE: Namespace = "gitlab";

type Origin = Pick<Settings, "sources" | "caller" | "provider" | "namespace">;

/** Whether a value came from the environment. */
export function fromEnvironment({ sources }: Origin, name: SettingName): boolean {
  return (sources[name] ?? "").startsWith(ENVIRONMENT);
}

/** Whether a value came from an argument of an explicit provider, the stack's configuration or an option. */
export function wasGiven(settings: Origin, name: SettingName): boolean {
  return (settings.sources[name] ?? DEFAULT) !== DEFAULT && !fromEnvironment(settings, name);
}

/**
 * The place where a setting can be corrected or given, in words: the source of its value, or else where it belongs.
 *
 * @example keyOf(settings, "caCertFile") // "`gitlab:caCertFile`", or "argument `caCertFile` of provider \"internal\""
 */
export function keyOf(settings: Origin, name: SettingName): string {
  const source = settings.sources[name] ?? DEFAULT;
  if (source === CUSTOM_TIMEOUTS) return source;
  if (fromEnvironment(settings, name)) return source.slice(ENVIRONMENT.length);
  if (settings.provider !== undefined) return `argument \`${name}\` of provider "${settings.provider}"`;
  if (settings.caller === "command") return name === "token" ? "GITLAB_TOKEN" : `\`--setting ${name}=…\``;
  const { namespace = DEFAULT_NAMESPACE } = settings;
  return new RegExp(`^\`${namespace}:\\w+\``).exec(source)?.[0] ?? `\`${namespace}:${name}\``;
}

/** Whether the user set `maxRetries`; else the operation's time limit governs where trouble passes. */
export function countsRetries({ sources }: { readonly sources: Readonly<Record<string, string>> }): boolean {
  return (sources.maxRetries ?? DEFAULT) !== DEFAULT;
}

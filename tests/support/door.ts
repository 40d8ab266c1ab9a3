import * as path from "node:path";

/** Whether programs of the tests declare the native plugin's resources. */
let native = false;

/**
 * Makes {@link declared} export the native plugin's resources, and stacks use the built plugin, so that one table of tests on the
 * real engine covers both. Call it before the tests are loaded.
 */
export function declareNatively(): void {
  native = true;
}

/** Whether programs of the tests declare the native plugin's resources. */
export const isNative = (): boolean => native;

/** The project's settings with which the engine finds the plugin. */
export function pluginSettings(repository: string): object {
  if (!native) return {};
  return { plugins: { providers: [{ name: "gitlab-agent", path: path.join(repository, "dist/plugin") }] } };
}

/** The plugin's configuration key for a key of the dynamic resources. */
export const configKey = (key: string): string => (native ? key.replace(/^gitlab:/, "gitlab-agent:") : key);

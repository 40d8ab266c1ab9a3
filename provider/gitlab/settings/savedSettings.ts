import { CUSTOM_TIMEOUTS, fromEnvironment } from "./settingKeys";
import type { SettingName } from "./settingNames";
import type { Settings } from "./settings";

/**
 * A sentence for an advice that says to change a setting: plain `pulumi refresh` and `pulumi destroy` run no program, and read
 * the configuration, and the arguments of explicit providers, from the state. It starts with ". " and is empty if it does not apply:
 *
 * - in a lookup and on the command line, which have no state;
 * - where the value came from the environment, which is always the one of this moment;
 * - where the value is the resource's own, by `customTimeouts`;
 * - where the program runs, so that the settings are the program's own.
 *
 * @example savedInState(settings, "caCertFile")
 */
export function savedInState(settings: Settings, name: SettingName): string {
  if (settings.caller !== "resource" || fromEnvironment(settings, name) || settings.programRuns?.() === true) return "";
  if (settings.sources[name] === CUSTOM_TIMEOUTS) return "";
  const { provider } = settings;
  const what =
    provider === undefined ? "the configuration saved in the state" : `provider "${provider}" as saved in the state`;
  const plain = `. Plain \`pulumi refresh\` and \`pulumi destroy\` use ${what}`;
  if (name !== "token") return `${plain}: after a change add \`--run-program\``;
  const changed = `${plain}: where the credential was changed since, add \`--run-program\``;
  return provider === undefined
    ? `${changed}, or keep the credential out of the configuration and in GITLAB_TOKEN`
    : `${changed}, or keep the credential out of the provider's arguments and in GITLAB_TOKEN`;
}

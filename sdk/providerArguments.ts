import * as pulumi from "@pulumi/pulumi";
import type * as settingNames from "../provider/gitlab/settings/settingNames";
import { coded } from "./coded";
import type { SettingName } from "../provider/gitlab/settings/settings";

const ARGUMENTS: Readonly<Record<SettingName, true>> = {
  baseUrl: true,
  token: true,
  caCertFile: true,
  clientCertFile: true,
  clientKeyFile: true,
  insecure: true,
  headers: true,
  requestTimeout: true,
  operationTimeout: true,
  maxRetries: true,
  maxConcurrency: true,
  debug: true,
};

/**
 * Refuses unknown arguments: a misspelt argument would be ignored, and if it is the address, the credential would go to another
 * GitLab. The types refuse it only in TypeScript, and not everywhere.
 *
 * @throws RunError that names every unknown argument and the one that was likely meant
 */
export function refuseUnknownArguments(provider: string, args: { readonly [Name in SettingName]?: unknown }): void {
  const unknown = Object.keys(args).filter((name) => !Object.hasOwn(ARGUMENTS, name));
  if (unknown.length === 0) return;
  // Loaded here, so that programs without a mistake do not load it.
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- a constructor cannot wait for `import()`
  const { likelyMeant } = require("../provider/gitlab/settings/settingNames") as typeof settingNames;
  const sentences = unknown.map((name) => {
    const meant = likelyMeant(name);
    return `\`${name}\` is not an argument of Provider.${meant === undefined ? "" : ` Did you mean \`${meant}\`?`}`;
  });
  const known = Object.keys(ARGUMENTS).map((name) => `\`${name}\``);
  throw new pulumi.RunError(
    coded(
      `Provider "${provider}" has a problem: ${sentences.join(" ")} Its arguments are ${known.join(", ")}. Nothing was sent.`,
    ),
  );
}

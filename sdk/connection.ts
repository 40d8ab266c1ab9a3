import * as pulumi from "@pulumi/pulumi";
import type { GitLab } from "../provider/gitlab";
import { coded } from "./coded";
import { LookupError } from "./lookupError";
import { permanent } from "./permanent";
import { Provider } from "./provider";

/** Where the settings of a lookup come from: an explicit provider, or else the stack's configuration. */
export interface Connection {
  /** The explicit provider's settings, which may be unknown in a preview; undefined if the stack's configuration is used. */
  readonly settings: pulumi.Output<Record<string, string>> | undefined;
  /** The explicit provider's name. */
  readonly provider?: string;
  /** Where a setting comes from, in words, for errors and debug output. */
  readonly describe: (setting: string) => string;
}

/**
 * Finds the provider as Pulumi's own functions do: the given one, or the one that the parent would pass to a
 * resource of ours, or none.
 */
export function connectionOf(opts: pulumi.InvokeOptions | undefined): Connection {
  const provider = opts?.provider ?? opts?.parent?.getProvider(permanent("ClusterAgent").type);
  if (provider === undefined) {
    return { settings: undefined, describe: (setting) => `\`gitlab:${setting}\` in the stack's configuration` };
  }
  if (!Provider.isInstance(provider)) {
    throw new LookupError(
      coded(
        `The provider that was given to a lookup, directly or by its parent, was not created by \`new Provider(…)\` of pulumi-gitlab-agent. Give one that was, or none to use the stack's configuration.`,
      ),
    );
  }
  // The settings contain a credential, but GitLab's responses are not secret.
  return {
    settings: pulumi.unsecret(provider.__settings),
    provider: provider.__providerName,
    describe: (setting) => `argument \`${setting}\` of provider "${provider.__providerName}"`,
  };
}

const warned = new Set<string>();

/**
 * Opens GitLab's API in the program's own process. Loads the client and its libraries here, so that programs without lookups do
 * not load them.
 */
export async function open(connection: Connection, settings: Record<string, string> | undefined): Promise<GitLab> {
  const { misspellings, misspellingWarning, openGitLab, resolveSettings } = await import("../provider/gitlab");
  const { describe, provider } = connection;
  const stack = new pulumi.Config("gitlab");
  const keys = settings === undefined ? keysOfStack() : [];
  const stackBaseUrl = settings?.["stackBaseUrl"];
  const resolved = resolveSettings({
    lookup: (setting) => (settings === undefined ? stack.get(setting) : settings[setting]),
    describe,
    env: process.env,
    keys,
    caller: "lookup",
    ...(provider === undefined ? {} : { provider }),
    ...(stackBaseUrl === undefined ? {} : { stackBaseUrl }),
  });
  for (const { key, meant } of misspellings(keys)) {
    if (warned.has(key)) continue;
    warned.add(key);
    await pulumi.log.warn(coded(misspellingWarning(describe(key), meant, provider)));
  }
  return openGitLab(resolved);
}

/** Every key of our namespace in the stack's configuration. */
function keysOfStack(): string[] {
  const prefix = "gitlab:";
  return Object.keys(pulumi.runtime.allConfig())
    .filter((key) => key.startsWith(prefix))
    .map((key) => key.slice(prefix.length));
}

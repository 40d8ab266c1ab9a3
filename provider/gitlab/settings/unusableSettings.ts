import { missingCredential } from "./advice";
import { ConfigurationError } from "../errors";
import type { Settings } from "./settings";
import { readTrust } from "./trust";

/** The checked settings, so that a program with many resources does not read its certificate files for each. */
const judged = new Map<string, ConfigurationError | undefined>();

/**
 * Checks resolved settings without a request: a missing credential, or an unusable certificate
 * file. Previews report these before any request.
 */
export function unusableSettings(settings: Settings): ConfigurationError | undefined {
  const key = JSON.stringify(settings);
  if (!judged.has(key)) judged.set(key, faultIn(settings));
  return judged.get(key);
}

function faultIn(settings: Settings): ConfigurationError | undefined {
  if (settings.token === undefined) return new ConfigurationError(missingCredential(settings));
  const { caCertFile, clientCertFile, clientKeyFile, baseUrl } = settings;
  if (!baseUrl.startsWith("https:") || (caCertFile ?? clientCertFile ?? clientKeyFile) === undefined) return undefined;
  try {
    readTrust(settings, false);
    return undefined;
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
}

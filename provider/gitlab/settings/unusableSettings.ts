import { missingCredential } from "./advice";
import { ConfigurationError } from "../errors";
import type { Settings } from "./settings";
import { readTrust } from "./trust";

/** The settings that were looked at, so that a program of many resources does not read its certificate files for each. */
const judged = new Map<string, ConfigurationError | undefined>();

/**
 * What is wrong with settings that resolved, as far as it can be told without a request: there is no credential, or a
 * certificate file cannot be used. Previews tell it before anything is sent.
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

import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import {
  createSecureContext,
  getCACertificates,
  rootCertificates,
  type ConnectionOptions,
  type SecureContext,
} from "node:tls";
import { ConfigurationError } from "../errors";
import { savedInState } from "./advice";
import { keyOf } from "./settingKeys";
import type { Settings } from "./settings";

/** TLS options for GitLab, and for a proxy that is itself reached over TLS (which does not get our client certificate). */
export interface Trust {
  gitlab: ConnectionOptions;
  proxy: ConnectionOptions;
}

/**
 * Reads the certificate files of the settings. Node's CAs stay trusted in addition to `caCertFile`, also NODE_EXTRA_CA_CERTS;
 * nothing process-wide is changed.
 *
 * @param wide whether to trust the operating system's CAs too, where companies install theirs: reading them takes a tenth of a
 *   second, so it is done only for a certificate that is not trusted without them
 * @throws ConfigurationError that names setting, source and file if a file cannot be read or used
 */
export function readTrust(settings: Settings, wide: boolean): Trust {
  const ca = authorities(settings, wide);
  const cert = readSetting(settings, "clientCertFile");
  const key = readSetting(settings, "clientKeyFile");
  let identity: SecureContext;
  try {
    // Created once: parsing a hundred and fifty certificates for each connection would cost more than the connection.
    identity = createSecureContext({ ca, cert, key });
  } catch (error) {
    throw new ConfigurationError({
      words:
        `The client certificate ${settings.clientCertFile} (\`clientCertFile\` from ${settings.sources.clientCertFile}) and the key ` +
        `${settings.clientKeyFile} (\`clientKeyFile\` from ${settings.sources.clientKeyFile}) cannot be used: ${reasonOf(error)}`,
      advice: `Both must be PEM, belong together, and the key must have no passphrase${savedInState(settings, "clientCertFile")}`,
    });
  }
  return {
    gitlab: { secureContext: identity, rejectUnauthorized: !settings.insecure },
    proxy: { secureContext: cert === undefined ? identity : createSecureContext({ ca }) },
  };
}

/** The CAs to trust, or undefined for Node's own only. */
function authorities(settings: Settings, wide: boolean): string[] | undefined {
  const file = readSetting(settings, "caCertFile");
  const known = wide ? [...nodeAuthorities(), ...systemAuthorities()] : nodeAuthorities();
  if (file === undefined) return wide ? [...new Set(known)] : undefined;
  const own =
    file.match(/-----BEGIN (?:TRUSTED )?CERTIFICATE-----[\s\S]*?-----END (?:TRUSTED )?CERTIFICATE-----/g) ?? [];
  const fault = (words: string): ConfigurationError =>
    new ConfigurationError({
      words: `The file ${settings.caCertFile} (\`caCertFile\` from ${settings.sources.caCertFile}) ${words}`,
      advice: `Give one or more CA certificates in PEM${savedInState(settings, "caCertFile")}`,
    });
  if (own.length === 0) throw fault("holds no certificate in PEM");
  for (const certificate of own) {
    try {
      new X509Certificate(certificate);
    } catch {
      throw fault("holds a certificate that does not parse");
    }
  }
  return [...new Set([...known, ...own])];
}

/** Node's own list, with NODE_EXTRA_CA_CERTS and --use-system-ca. */
function nodeAuthorities(): readonly string[] {
  // Since Node 22.15. Before that, the extra file is read here: setting `ca` would otherwise drop it.
  if (typeof getCACertificates === "function") return getCACertificates("default");
  const extra = process.env.NODE_EXTRA_CA_CERTS;
  if (!extra) return rootCertificates;
  try {
    return [...rootCertificates, readFileSync(extra, "utf8")];
  } catch {
    return rootCertificates; // Node has warned about it at its own start.
  }
}

/** Whether this Node (22.15 or newer) can read the operating system's CAs. */
export const knowsSystemAuthorities = typeof getCACertificates === "function";

/** The operating system's CAs. */
function systemAuthorities(): readonly string[] {
  if (typeof getCACertificates !== "function") return [];
  try {
    return getCACertificates("system");
  } catch {
    return [];
  }
}

function readSetting(settings: Settings, name: "caCertFile" | "clientCertFile" | "clientKeyFile"): string | undefined {
  const path = settings[name];
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new ConfigurationError({
      words: `The file ${path} (\`${name}\` from ${settings.sources[name]}) cannot be read: ${reasonOf(error)}`,
      advice: `Correct ${keyOf(settings, name)}, or unset it${savedInState(settings, name)}`,
    });
  }
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") return "there is no such file";
  if (code === "EACCES") return "permission denied";
  if (code === "EISDIR") return "it is a folder";
  if (/key values mismatch/i.test(message)) return "the key does not belong to the certificate";
  if (/bad decrypt|bad password|interrupted or cancelled/i.test(message)) return "the key is encrypted";
  return "OpenSSL cannot read them";
}

import type { Proxy } from "../settings/proxy";
import { savedInState } from "../settings/advice";
import { keyOf } from "../settings/settingKeys";
import type { SettingName, Settings } from "../settings/settings";

/** What went wrong with TLS, and the next step. */
export interface TlsTrouble {
  words: string;
  advice: string;
  /** The certificate comes from a CA that is not trusted. */
  untrusted?: boolean;
}

/** The next step if GitLab's host requires a client certificate. */
export function clientCertificate(settings: Settings): string {
  return `${wantedCertificate(settings)}${savedInState(settings, "clientCertFile")}`;
}

function wantedCertificate(settings: Settings): string {
  return `Where GitLab's host asks for a client certificate, give one that it trusts by ${keyOf(settings, "clientCertFile")} and ${keyOf(settings, "clientKeyFile")}`;
}

/** Words and next step, and the setting that the next step says to change. */
interface Described {
  words: string;
  advice: string;
  changes?: SettingName;
}

/** The kinds of failures with their own text. */
type Kind = "expired" | "notYetValid" | "otherHost" | "refused" | "noTls" | "untrusted" | "other";

/**
 * The words and next step for a TLS connection that failed, from Node's error codes.
 *
 * @param proxy the proxy, if the connection to the proxy itself failed, not the one to GitLab
 */
export function describeTls(code: string, message: string, settings: Settings, proxy?: Proxy): TlsTrouble {
  const kind = kindOf(code, message);
  const { words, advice, changes }: Described =
    proxy === undefined ? atGitLab(code, settings)[kind] : atProxy(code, proxy, settings)[kind];
  const saved = changes === undefined ? "" : savedInState(settings, changes);
  return { words, advice: `${advice}${saved}`, ...(kind === "untrusted" ? { untrusted: true } : {}) };
}

function kindOf(code: string, message: string): Kind {
  if (code === "CERT_HAS_EXPIRED") return "expired";
  if (code === "CERT_NOT_YET_VALID") return "notYetValid";
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID" || code === "HOSTNAME_MISMATCH") return "otherHost";
  if (REFUSED.test(code + message)) return "refused";
  if (/wrong version number|packet length too long/i.test(message)) return "noTls";
  if (/^(UNABLE_TO|SELF_SIGNED|DEPTH_ZERO|CERT_|INVALID_CA)/.test(code)) return "untrusted";
  return "other";
}

const REFUSED =
  /ALERT_CERTIFICATE_REQUIRED|ALERT_HANDSHAKE_FAILURE|ALERT_BAD_CERTIFICATE|ALERT_UNKNOWN_CA|ALERT_CERTIFICATE/;

function atGitLab(code: string, settings: Settings): Record<Kind, Described> {
  const key = (name: SettingName): string => keyOf(settings, name);
  return {
    expired: {
      words: `GitLab's TLS certificate has expired (${code})`,
      advice: `Have the certificate renewed; ${key("insecure")} skips the check until then, but somebody on the network could then read the credential`,
      changes: "insecure",
    },
    notYetValid: {
      words: `GitLab's TLS certificate is not valid yet (${code})`,
      advice: "Check this machine's clock",
    },
    otherHost: {
      words: `GitLab's TLS certificate is for another host (${code})`,
      advice: `Use the host name that the certificate names in ${key("baseUrl")}`,
      changes: "baseUrl",
    },
    refused: {
      words: `GitLab's host refused the TLS connection (${code})`,
      advice: wantedCertificate(settings),
      changes: "clientCertFile",
    },
    noTls: {
      words: "the host does not speak TLS at this port",
      advice: `Check scheme and port of ${key("baseUrl")}: is it http?`,
      changes: "baseUrl",
    },
    untrusted: {
      words: `GitLab's TLS certificate is not trusted (${code})`,
      advice:
        `Where GitLab's certificate comes from a company CA, give the CA's certificate by ${key("caCertFile")}; ` +
        `${key("insecure")} skips the check, but somebody on the network could then read the credential`,
      changes: "caCertFile",
    },
    other: {
      words: `the TLS connection failed (${code})`,
      advice: `Check ${key("baseUrl")}, ${key("caCertFile")} and ${key("clientCertFile")}`,
      changes: "caCertFile",
    },
  };
}

function atProxy(code: string, { address, variable }: Proxy, settings: Settings): Record<Kind, Described> {
  const exempt = "or exempt GitLab's host by NO_PROXY";
  const certificate = `the TLS certificate of the proxy ${address}`;
  return {
    expired: {
      words: `${certificate} has expired (${code})`,
      advice: `Have the proxy's certificate renewed, ${exempt}`,
    },
    notYetValid: { words: `${certificate} is not valid yet (${code})`, advice: "Check this machine's clock" },
    otherHost: {
      words: `${certificate} is for another host (${code})`,
      advice: `Use the host name that the proxy's certificate names in ${variable}, ${exempt}`,
    },
    refused: {
      words: `the proxy ${address} refused the TLS connection (${code})`,
      advice: `A client certificate is given to GitLab alone, not to a proxy: name a proxy in ${variable} that asks for none, ${exempt}`,
    },
    noTls: {
      words: `the proxy ${address} does not speak TLS at this port`,
      advice: `Check scheme and port in ${variable}: most proxies are spoken to by http:// for an https GitLab too`,
    },
    untrusted: {
      words: `${certificate} is not trusted (${code})`,
      advice:
        `Where the proxy's certificate comes from a company CA, give the CA's certificate by ${keyOf(settings, "caCertFile")}, ` +
        exempt,
      changes: "caCertFile",
    },
    other: {
      words: `the TLS connection to the proxy ${address} failed (${code})`,
      advice: `Check scheme, host and port in ${variable}, ${exempt}`,
    },
  };
}

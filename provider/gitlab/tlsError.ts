import type { Proxy } from "./proxy";

/** What went wrong with TLS, and the next step. */
export interface TlsTrouble {
  words: string;
  advice: string;
  /** The certificate comes from a CA that is not trusted. */
  untrusted?: boolean;
}

/** The next step where GitLab's host asks for a client certificate. */
export const CLIENT_CERTIFICATE =
  "Where GitLab's host asks for a client certificate, give one that it trusts by `gitlab:clientCertFile` and `gitlab:clientKeyFile`";

/** The kinds of trouble that have words of their own. */
type Kind = "expired" | "notYetValid" | "otherHost" | "refused" | "noTls" | "untrusted" | "other";

/**
 * The words and next step for a TLS connection that did not come about, out of Node's error codes.
 *
 * @param proxy the proxy, where the connection to the proxy itself failed, not the one to GitLab
 */
export function describeTls(code: string, message: string, proxy?: Proxy): TlsTrouble {
  const kind = kindOf(code, message);
  const described = proxy === undefined ? atGitLab(code)[kind] : atProxy(code, proxy)[kind];
  return { ...described, ...(kind === "untrusted" ? { untrusted: true } : {}) };
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

function atGitLab(code: string): Record<Kind, Omit<TlsTrouble, "untrusted">> {
  return {
    expired: {
      words: `GitLab's TLS certificate has expired (${code})`,
      advice:
        "Have the certificate renewed; `gitlab:insecure` skips the check for the meantime, at the credential's risk",
    },
    notYetValid: {
      words: `GitLab's TLS certificate is not valid yet (${code})`,
      advice: "Check this machine's clock",
    },
    otherHost: {
      words: `GitLab's TLS certificate is for another host (${code})`,
      advice: "Use the host name that the certificate names in `gitlab:baseUrl`",
    },
    refused: { words: `GitLab's host refused the TLS connection (${code})`, advice: CLIENT_CERTIFICATE },
    noTls: {
      words: "the host does not speak TLS at this port",
      advice: "Check scheme and port of `gitlab:baseUrl`: is it http?",
    },
    untrusted: {
      words: `GitLab's TLS certificate is not trusted (${code})`,
      advice:
        "Where GitLab's certificate comes from a company CA, give the CA's certificate by `gitlab:caCertFile`; " +
        "`gitlab:insecure` skips the check, at the credential's risk",
    },
    other: {
      words: `the TLS connection failed (${code})`,
      advice: "Check `gitlab:baseUrl`, `gitlab:caCertFile` and `gitlab:clientCertFile`",
    },
  };
}

function atProxy(code: string, { address, variable }: Proxy): Record<Kind, Omit<TlsTrouble, "untrusted">> {
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
        "Where the proxy's certificate comes from a company CA, give the CA's certificate by `gitlab:caCertFile`, " +
        exempt,
    },
    other: {
      words: `the TLS connection to the proxy ${address} failed (${code})`,
      advice: `Check scheme, host and port in ${variable}, ${exempt}`,
    },
  };
}

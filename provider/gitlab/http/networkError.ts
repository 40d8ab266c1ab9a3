import type { Proxy } from "../settings/proxy";
import type { Settings } from "../settings/settings";
import { clientCertificate, describeTls } from "./tlsError";

/** Why a request got no response. */
export interface NetworkTrouble {
  words: string;
  advice?: string;
  /** Whether a retry would fail in the same way. */
  permanent: boolean;
  /** The certificate comes from a CA that is not trusted. */
  untrusted?: boolean;
  /** Whether the host name does not exist. */
  unknownHost?: boolean;
}

/** A host's refusal of our certificate: TLS 1.3 sends it only after the handshake, and a retry would get it again. */
const ABOUT_OUR_CERTIFICATE =
  /ALERT_(CERTIFICATE|BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED|HANDSHAKE)/i;

/**
 * The words and next step for a request that got no response, from Node's error codes.
 *
 * @param left whether the connection was established: a TLS error after that, such as a damaged record, is temporary
 * @param atProxy whether the connection failed at the proxy
 */
export function describeNetworkError(
  error: unknown,
  proxy: Proxy | undefined,
  settings: Settings,
  left: boolean,
  atProxy = false,
): NetworkTrouble {
  const { code = "", message } = innermost(error);
  const through = proxy === undefined ? "" : ` (through the proxy ${proxy.address})`;
  if (/^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_MISMATCH|INVALID_CA|EPROTO)/.test(code)) {
    const broken =
      left && !/^CERT_/.test(code) && !ABOUT_OUR_CERTIFICATE.test(`${code} ${message.replaceAll(" ", "_")}`);
    if (broken) return { words: `the TLS connection broke (${code})${through}`, permanent: false };
    if (proxy !== undefined && atProxy) return { ...describeTls(code, message, settings, proxy), permanent: true };
    const { words, ...described } = describeTls(code, message, settings);
    return { ...described, words: `${words}${through}`, permanent: true };
  }
  const known = NETWORK_WORDS[code];
  const words = `${known === undefined ? message || code || "the connection failed" : `${known}: ${code}`}${through}`;
  // Some hosts close the connection instead of requesting a client certificate.
  const cut = code === "ECONNRESET" || code === "EPIPE";
  const wantsCertificate =
    cut && !atProxy && settings.baseUrl.startsWith("https:") && settings.clientCertFile === undefined;
  return {
    words,
    permanent: false,
    ...(code === "ENOTFOUND" ? { unknownHost: true } : {}),
    ...(wantsCertificate ? { advice: `Run it again. ${clientCertificate(settings)}` } : {}),
  };
}

const NETWORK_WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "the connection was refused",
  ECONNRESET: "the connection was cut",
  EPIPE: "the connection was cut",
  ENOTFOUND: "the host name is not known",
  EAI_AGAIN: "the host name could not be looked up",
  ETIMEDOUT: "the connection timed out",
  EHOSTUNREACH: "there is no way to the host",
  ENETUNREACH: "there is no way to the network",
};

/** axios wraps Node's error, and Node wraps the errors of several addresses of one host. */
function innermost(error: unknown): { code?: string; message: string } {
  const { code, message, cause, errors } = error as {
    code?: string;
    message?: string;
    cause?: unknown;
    errors?: unknown[];
  };
  const inner = errors?.[0] ?? (cause instanceof Error ? cause : undefined);
  if (inner !== undefined) {
    const deeper = innermost(inner);
    return { code: deeper.code ?? code, message: deeper.message || (message ?? "") };
  }
  return { ...(code === undefined ? {} : { code }), message: message ?? String(error) };
}

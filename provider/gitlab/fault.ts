import { answerWords } from "./answerText";
import type { Settings } from "./settings";
import { answerLost, type Failure } from "./retry";

/** A failed try, inside the client. It never leaves the transport, which turns it into an error of errors.ts. */
export class Fault extends Error implements Failure {
  readonly kind: Failure["kind"];
  readonly status?: number;
  readonly sent: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  readonly garbled: boolean;
  /** The answer's body as far as it was read. */
  readonly text: string;
  /** What went wrong, where GitLab did not say it. */
  readonly words: string;
  /** A next step that this failure alone calls for. */
  readonly advice?: string;
  /** The host's certificate comes from a CA that is not trusted. */
  readonly untrusted: boolean;
  readonly sentAt: number;
  readonly failedAt: number;
  /** The wait, ms, that would have passed the operation's limit and was not begun. */
  tooLong?: number;
  /** axios-retry finds its request again by this; it holds the credential, so it is never shown. */
  config?: unknown;

  constructor(
    facts: Failure & {
      text?: string;
      words: string;
      advice?: string;
      untrusted?: boolean;
      sentAt: number;
      failedAt: number;
    },
  ) {
    super("request failed");
    this.kind = facts.kind;
    if (facts.status !== undefined) this.status = facts.status;
    this.sent = facts.sent;
    if (facts.headers !== undefined) this.headers = facts.headers;
    this.garbled = facts.garbled ?? false;
    this.text = facts.text ?? "";
    this.words = facts.words;
    if (facts.advice !== undefined) this.advice = facts.advice;
    this.untrusted = facts.untrusted ?? false;
    this.sentAt = facts.sentAt;
    this.failedAt = facts.failedAt;
  }

  /** The failure in a few words, such as "status 503, an HTML page". */
  get summary(): string {
    const said = this.kind === "status" ? answerWords(this.text) : this.words;
    return this.status === undefined ? said : `status ${this.status}${said === "" ? "" : `, ${said}`}`;
  }

  /** Whether the answer to this POST is lost. */
  lost(method: string): boolean {
    return answerLost(method, this);
  }
}

/** What a host says of our certificate: TLS 1.3 says it only after the handshake, and would say the same again. */
const ABOUT_OUR_CERTIFICATE =
  /ALERT_(CERTIFICATE|BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED|HANDSHAKE)/i;

/**
 * The words and next step for a request that got no answer, out of Node's error codes.
 *
 * @param left whether the connection stood: what breaks TLS then, such as a damaged record, is passing trouble
 */
export function describeNetworkError(
  error: unknown,
  proxy: string | undefined,
  settings: Settings,
  left: boolean,
): { words: string; advice?: string; permanent: boolean; untrusted?: boolean } {
  const { code = "", message } = innermost(error);
  if (/^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_MISMATCH|INVALID_CA|EPROTO)/.test(code)) {
    const broken =
      left && !/^CERT_/.test(code) && !ABOUT_OUR_CERTIFICATE.test(`${code} ${message.replaceAll(" ", "_")}`);
    if (!broken) return { ...describeTls(code, message), permanent: true };
    return { words: `the TLS connection broke (${code})`, permanent: false };
  }
  const known = NETWORK_WORDS[code];
  const through = proxy === undefined ? "" : ` (through the proxy ${proxy})`;
  const words = `${known === undefined ? message || code || "the connection failed" : `${known}: ${code}`}${through}`;
  // Some hosts cut the connection instead of saying that they miss a client certificate.
  const cut = code === "ECONNRESET" || code === "EPIPE";
  const wantsCertificate = cut && settings.baseUrl.startsWith("https:") && settings.clientCertFile === undefined;
  return { words, permanent: false, ...(wantsCertificate ? { advice: `Run it again. ${CLIENT_CERTIFICATE}` } : {}) };
}

const CLIENT_CERTIFICATE =
  "Where GitLab's host asks for a client certificate, give one that it trusts by `gitlab:clientCertFile` and `gitlab:clientKeyFile`";

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

function describeTls(code: string, message: string): { words: string; advice: string; untrusted?: boolean } {
  if (code === "CERT_HAS_EXPIRED") {
    return {
      words: `GitLab's TLS certificate has expired (${code})`,
      advice:
        "Have the certificate renewed; `gitlab:insecure` skips the check for the meantime, at the credential's risk",
    };
  }
  if (code === "CERT_NOT_YET_VALID") {
    return { words: `GitLab's TLS certificate is not valid yet (${code})`, advice: "Check this machine's clock" };
  }
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID" || code === "HOSTNAME_MISMATCH") {
    return {
      words: `GitLab's TLS certificate is for another host (${code})`,
      advice: "Use the host name that the certificate names in `gitlab:baseUrl`",
    };
  }
  if (
    /ALERT_CERTIFICATE_REQUIRED|ALERT_HANDSHAKE_FAILURE|ALERT_BAD_CERTIFICATE|ALERT_UNKNOWN_CA|ALERT_CERTIFICATE/.test(
      code + message,
    )
  ) {
    return {
      words: `GitLab's host refused the TLS connection (${code})`,
      advice: CLIENT_CERTIFICATE,
    };
  }
  if (/wrong version number|packet length too long/i.test(message)) {
    return {
      words: "the host does not speak TLS at this port",
      advice: "Check scheme and port of `gitlab:baseUrl`: is it http?",
    };
  }
  if (/^(UNABLE_TO|SELF_SIGNED|DEPTH_ZERO|CERT_|INVALID_CA)/.test(code)) {
    return {
      untrusted: true,
      words: `GitLab's TLS certificate is not trusted (${code})`,
      advice:
        "Where GitLab's certificate comes from a company CA, give the CA's certificate by `gitlab:caCertFile`; " +
        "`gitlab:insecure` skips the check, at the credential's risk",
    };
  }
  return {
    words: `the TLS connection failed (${code})`,
    advice: "Check `gitlab:baseUrl`, `gitlab:caCertFile` and `gitlab:clientCertFile`",
  };
}

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

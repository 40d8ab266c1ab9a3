import type { UrlConfigurationContent } from "./store";
import { blank, isAgentUrl, isCertificate, isHostName, isPrivateKey } from "./validation";

/** The form of certificates and keys in requests and responses: PEM, base64 of the PEM, or either. */
export type CertificateForm = "pem" | "base64" | "either";

/** The body of a URL configuration as sent. */
export interface SentUrlConfiguration {
  url?: string | null;
  client_cert?: string | null;
  client_key?: string | null;
  ca_cert?: string | null;
  tls_host?: string | null;
}

/**
 * How GitLab reads a URL configuration. It checks only the key: without a key it silently drops the certificate. It does not check
 * that key and certificate belong together.
 */
export function certificateContent(
  sent: SentUrlConfiguration,
  form: CertificateForm,
): { content: UrlConfigurationContent; faults: string[] } {
  const pem = (value: string | null | undefined): string | null =>
    value === null || value === undefined || blank(value) ? null : decoded(value, form);
  const clientKey = pem(sent.client_key);
  const content: UrlConfigurationContent = {
    url: sent.url ?? "",
    clientKey,
    clientCert: clientKey === null ? null : pem(sent.client_cert),
    caCert: pem(sent.ca_cert),
    tlsHost: sent.tls_host === undefined || blank(sent.tls_host) ? null : sent.tls_host,
  };

  const faults: string[] = [];
  if (!isAgentUrl(content.url)) faults.push("Url is not a valid URL");
  if (content.caCert !== null && !isCertificate(content.caCert)) faults.push("Ca cert must be a valid PEM certificate");
  if (content.tlsHost !== null && !isHostName(content.tlsHost)) faults.push("Tls host must be a valid hostname!");
  if (clientKey !== null) {
    if (!isCertificate(content.clientCert ?? "")) faults.push("Client cert must be a valid PEM certificate");
    if (!isPrivateKey(clientKey)) faults.push("Client key must be a valid PEM private key");
  }
  return { content, faults };
}

/** Reads base64 as leniently as Ruby's `decode64`: invalid base64 becomes invalid PEM. */
function decoded(value: string, form: CertificateForm): string {
  if (form === "pem" || (form === "either" && value.includes("-----BEGIN"))) return value;
  return Buffer.from(value, "base64").toString();
}

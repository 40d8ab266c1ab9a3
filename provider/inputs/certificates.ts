import { createPrivateKey, X509Certificate, type KeyObject } from "node:crypto";
import type { Violation } from "./validation";

/** Whether two PEM texts are equal, ignoring line endings, final newlines, bag attributes and base64 encoding. */
export function samePem(one: string | null | undefined, other: string | null | undefined): boolean {
  return canonicalPem(one ?? undefined) === canonicalPem(other ?? undefined);
}

/**
 * The blocks of a PEM text, label and content, in one canonical form. A text without
 * blocks is returned unchanged. Early GitLab versions returned base64 of the PEM, which is decoded first.
 */
export function canonicalPem(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const found = blocks(text);
  return found.length === 0 ? text.trim() : found.map((block) => block.replace(/\s+/g, "")).join("\n");
}

/** One or more certificates that Node can read and that are already valid. */
export function certificatesViolation(value: unknown): Violation {
  const expected = "expected one or more certificates in PEM (-----BEGIN CERTIFICATE-----)";
  if (typeof value !== "string") return `is not a string; ${expected}`;
  const other = otherForm(value);
  if (other !== undefined) return `${other}; ${expected}`;
  const found = blocks(value);
  if (found.length === 0) return `holds no PEM block; ${expected}`;
  const parsed = found.map(certificate);
  const index = parsed.indexOf(undefined);
  if (index !== -1) return `has a PEM block (number ${index + 1}) that is no certificate; ${expected}`;
  const early = parsed.find((one) => one !== undefined && new Date(one.validFrom).getTime() > Date.now());
  return early === undefined
    ? undefined
    : `is not valid before ${new Date(early.validFrom).toISOString()}; expected a certificate that is valid now`;
}

/** A private key that Node can read without a passphrase. */
export function privateKeyViolation(value: unknown): Violation {
  const expected = "expected one private key in PEM, without a passphrase";
  if (typeof value !== "string") return `is not a string; ${expected}`;
  const other = otherForm(value);
  if (other !== undefined) return `${other}; ${expected}`;
  if (/ENCRYPTED/.test(value)) return `is protected by a passphrase, which GitLab cannot ask for; ${expected}`;
  return privateKey(value) === undefined ? `is not a private key that can be read; ${expected}` : undefined;
}

/** A description of a value that is often mistaken for PEM. */
function otherForm(value: string): Violation {
  const text = value.trim();
  if (text.includes("-----BEGIN")) return undefined;
  if (!/\s/.test(text) && /^(\.{0,2}\/|~|[A-Za-z]:\\)|\.(pem|crt|cer|cert|key|der)$/i.test(text)) {
    const decodes = Buffer.from(text, "base64").toString("latin1").includes("-----BEGIN");
    if (!decodes) return 'looks like a file\'s path: read the file, as `readFileSync(path, "utf8")` does';
  }
  return Buffer.from(text, "base64").toString("latin1").includes("-----BEGIN")
    ? "is PEM in base64: decode it first"
    : undefined;
}

/** Whether key and certificate belong together, which GitLab does not check. */
export function keyMatches(clientCert: string, clientKey: string): boolean {
  const leaf = certificate(blocks(clientCert)[0] ?? "");
  const key = privateKey(clientKey);
  return leaf !== undefined && key !== undefined && leaf.checkPrivateKey(key);
}

/** When the first certificate of a chain expired, if it has. */
export function expiredSince(clientCert: string, now: number): Date | undefined {
  const leaf = certificate(blocks(clientCert)[0] ?? "");
  if (leaf === undefined) return undefined;
  const end = new Date(leaf.validTo);
  return end.getTime() < now ? end : undefined;
}

function blocks(text: string): string[] {
  const pem = text.includes("-----BEGIN") ? text : Buffer.from(text, "base64").toString("latin1");
  return pem.match(/-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g) ?? [];
}

function certificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

function privateKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

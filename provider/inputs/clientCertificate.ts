import { certificatesViolation, expiredSince, keyMatches, privateKeyViolation, samePem } from "./certificates";
import { isUnknown } from "./properties";

/** The inputs of a program, which may be anything. */
type Given = Readonly<Record<string, unknown>>;

/** Certificates that a resource already has: if they expire, other inputs can still be changed. */
const inUse = new Set<string>();

/**
 * The rules for a client certificate with its key. GitLab silently drops a certificate without a key, and does not compare them.
 *
 * @param olds the inputs in the state; empty for a creation
 */
export function clientCertificateViolations(olds: Given, news: Given): string[] {
  const [cert, key] = [news["clientCert"] ?? undefined, news["clientKey"] ?? undefined];
  if (isUnknown(cert) || isUnknown(key)) return [];
  const recorded = typeof olds["clientCert"] === "string" ? olds["clientCert"] : undefined;
  // Imported by `pulumi import`, whose file cannot contain the key: required when a replacement needs it.
  const imported = recorded !== undefined && olds["clientKey"] == null;
  if (imported && key === undefined && typeof cert === "string" && samePem(recorded, cert)) return [];
  if ((cert === undefined) !== (key === undefined)) {
    const [given, missing] = cert === undefined ? ["clientKey", "clientCert"] : ["clientCert", "clientKey"];
    return [
      `\`${given}\` is given without \`${missing}\`: mTLS needs both; leave both out, and GitLab makes a key pair and authenticates with JWT`,
    ];
  }
  if (typeof cert !== "string" || typeof key !== "string") return [];
  if (certificatesViolation(cert) !== undefined || privateKeyViolation(key) !== undefined) return [];
  if (recorded !== undefined && samePem(recorded, cert)) inUse.add(cert);
  return [...schemeViolations(olds, news), ...pairViolations(cert, key)];
}

/** An imported value that is already in use may stay, so that other inputs can be changed. */
function schemeViolations(olds: Given, { url }: Given): string[] {
  return typeof url === "string" && /^grpc:/i.test(url) && olds["url"] !== url
    ? [
        '`url` has the scheme "grpc", by which no certificate is shown: mTLS by `clientCert` and `clientKey` needs grpcs://',
      ]
    : [];
}

function pairViolations(cert: string, key: string): string[] {
  const violations: string[] = [];
  if (!keyMatches(cert, key)) {
    violations.push(
      "`clientKey` does not belong to the first certificate of `clientCert`; expected the pair that was made together",
    );
  }
  const expired = inUse.has(cert) ? undefined : expiredSince(cert, Date.now());
  if (expired !== undefined) {
    violations.push(`\`clientCert\` expired on ${expired.toISOString()}; expected a certificate that is still valid`);
  }
  return violations;
}

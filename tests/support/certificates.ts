import "reflect-metadata";

import { webcrypto } from "node:crypto";

import * as x509 from "@peculiar/x509";

x509.cryptoProvider.set(webcrypto);

/** A PEM certificate and its PEM key (PKCS #8). */
export interface KeyedCertificate {
  cert: string;
  key: string;
}

export interface CertificateRequest {
  /** Default `localhost`. */
  commonName?: string;
  /** Its DNS names and IP addresses. Default: `localhost` and `127.0.0.1`. */
  hosts?: string[];
  /** Default: a day ago. */
  notBefore?: Date;
  /** Default: in ten days. */
  notAfter?: Date;
}

/**
 * A private certificate authority, made for one test.
 *
 * @example
 * ```ts
 * const ca = await certificateAuthority();
 * const good = await ca.issue({ hosts: ["127.0.0.1"] });
 * const expired = await ca.issue({ notAfter: new Date(Date.now() - 1000) });
 * await startSimulator({ tls: good });
 * ```
 */
export interface CertificateAuthority extends KeyedCertificate {
  /** A certificate for servers and clients. */
  issue(request?: CertificateRequest): Promise<KeyedCertificate>;
}

const DAY = 24 * 60 * 60 * 1000;
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

export async function certificateAuthority(commonName = "Test CA"): Promise<CertificateAuthority> {
  const keys = await keyPair();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: `CN=${commonName}`,
    ...validity({}),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return {
    cert: pem(certificate),
    key: await privateKeyPem(keys),
    issue: (request = {}) => issue(certificate, keys, request),
  };
}

async function issue(
  authority: x509.X509Certificate,
  authorityKeys: webcrypto.CryptoKeyPair,
  request: CertificateRequest,
): Promise<KeyedCertificate> {
  const keys = await keyPair();
  const hosts = request.hosts ?? ["localhost", "127.0.0.1"];
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: `CN=${request.commonName ?? "localhost"}`,
    issuer: authority.subject,
    ...validity(request),
    publicKey: keys.publicKey,
    signingKey: authorityKeys.privateKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(false),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
      new x509.SubjectAlternativeNameExtension(
        hosts.map((value) => ({ type: /^[\d.]+$|:/.test(value) ? ("ip" as const) : ("dns" as const), value })),
      ),
      await x509.AuthorityKeyIdentifierExtension.create(authorityKeys.publicKey),
    ],
  });
  return { cert: pem(certificate), key: await privateKeyPem(keys) };
}

const validity = ({ notBefore, notAfter }: CertificateRequest): { notBefore: Date; notAfter: Date } => {
  const until = notAfter ?? new Date(Date.now() + 10 * DAY);
  return { notBefore: notBefore ?? new Date(Math.min(Date.now(), until.getTime()) - DAY), notAfter: until };
};

const keyPair = (): Promise<webcrypto.CryptoKeyPair> =>
  webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);

const pem = (certificate: x509.X509Certificate): string => `${certificate.toString("pem")}\n`;

async function privateKeyPem({ privateKey }: webcrypto.CryptoKeyPair): Promise<string> {
  const exported = await webcrypto.subtle.exportKey("pkcs8", privateKey);
  return `${x509.PemConverter.encode(exported, "PRIVATE KEY")}\n`;
}

/** Positive and unique, since TLS stacks distinguish certificates of one issuer by it. */
const serialNumber = (): string => `01${Buffer.from(webcrypto.getRandomValues(new Uint8Array(8))).toString("hex")}`;

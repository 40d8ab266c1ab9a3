import "reflect-metadata";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";
import * as pulumi from "@pulumi/pulumi";

x509.cryptoProvider.set(webcrypto);

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const YEAR = 365 * 24 * 60 * 60 * 1000;

/** A certificate and its private key, PEM. */
export interface KeyedCertificate {
  cert: pulumi.Output<string>;
  key: pulumi.Output<string>;
}

/**
 * A private authority, and certificates for a server and a client, created in the program as `@pulumi/tls` would create them.
 * Every run creates new ones, but the Stash keeps the first ones, encrypted in the state; `pulumi up --replace` replaces them.
 */
export function certificates(name: string, names: { server: string; client: string }) {
  const stash = new pulumi.Stash(
    `${name}-certificates`,
    { input: pulumi.secret(pulumi.output(made(names))) },
    { ignoreChanges: ["input"] },
  );
  const kept = stash.output as pulumi.Output<pulumi.Unwrap<ReturnType<typeof made>>>;
  const keyed = (which: "server" | "client"): KeyedCertificate => ({
    cert: pulumi.unsecret(kept.apply((all) => all[which].cert)),
    key: kept.apply((all) => all[which].key),
  });
  return {
    authority: pulumi.unsecret(kept.apply((all) => all.authority)),
    server: keyed("server"),
    client: keyed("client"),
  };
}

async function made(names: { server: string; client: string }) {
  const keys = await keyPair();
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=GitLab agents",
    keys,
    ...validity(),
    signingAlgorithm: ALGORITHM,
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  });
  const issue = async (name: string, usage: x509.ExtendedKeyUsage) => {
    const own = await keyPair();
    const certificate = await x509.X509CertificateGenerator.create({
      subject: `CN=${name}`,
      issuer: authority.subject,
      publicKey: own.publicKey,
      signingKey: keys.privateKey,
      ...validity(),
      signingAlgorithm: ALGORITHM,
      extensions: [
        new x509.ExtendedKeyUsageExtension([usage]),
        new x509.SubjectAlternativeNameExtension([{ type: "dns", value: name }]),
      ],
    });
    const key = await webcrypto.subtle.exportKey("pkcs8", own.privateKey);
    return { cert: certificate.toString("pem"), key: x509.PemConverter.encode(key, "PRIVATE KEY") };
  };
  return {
    authority: authority.toString("pem"),
    server: await issue(names.server, x509.ExtendedKeyUsage.serverAuth),
    client: await issue(names.client, x509.ExtendedKeyUsage.clientAuth),
  };
}

const keyPair = () => webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
const validity = () => ({ notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + YEAR) });

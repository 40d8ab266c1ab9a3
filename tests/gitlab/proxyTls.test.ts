import { createServer, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NetworkError, withCode } from "../../provider/gitlab";
import { expectEntry } from "../support/catalogue";
import { certificateAuthority, type CertificateAuthority } from "../support/certificates";
import { clientOf, failure, SkippingClock } from "./client";

/** TLS fails between us and the proxy, so the message must name the proxy, not GitLab. */
describe.each(["https", "http"])("TLS to a proxy, for an %s GitLab", (scheme) => {
  const variable = scheme === "https" ? "HTTPS_PROXY" : "HTTP_PROXY";
  const kept = Object.fromEntries([variable, "NO_PROXY", "no_proxy"].map((name) => [name, process.env[name]]));
  let folder: string;
  let ca: CertificateAuthority;
  let proxy: Server | undefined;

  beforeAll(async () => {
    for (const name of Object.keys(kept)) delete process.env[name];
    folder = mkdtempSync(join(tmpdir(), "proxy-tls-"));
    ca = await certificateAuthority("Proxy CA");
    writeFileSync(join(folder, "ca.pem"), ca.cert);
  });
  afterEach(() => {
    proxy?.closeAllConnections();
    proxy?.close();
  });
  afterAll(() => {
    for (const [name, value] of Object.entries(kept)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    rmSync(folder, { recursive: true });
  });

  /** The error of a POST through that proxy, and the number of its retries. */
  async function through(server: Server, values: Record<string, string> = {}) {
    proxy = server;
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    process.env[variable] = address;
    const clock = new SkippingClock();
    const gitlab = clientOf(
      { url: `${scheme}://gitlab.example.com`, tokens: { maintainer: "glpat-x" } },
      clock,
      values,
    );
    const error = await failure(gitlab.begin("register").agents.create(101, "one"));
    expect(error).toBeInstanceOf(NetworkError);
    expect(error.message).toContain(`the proxy ${address}`);
    expect(error.message).not.toMatch(/gitlab:baseUrl|GitLab's TLS|gitlab:insecure/);
    expect(clock.slept).toEqual([]);
    return error.message;
  }

  it("with an untrusted certificate", async () => {
    const message = await through(createTlsServer(await ca.issue()));
    expect(message).toMatch(/the TLS certificate of the proxy .* is not trusted \(.*company CA.*`gitlab:caCertFile`/);
    if (scheme === "https") expectEntry("TLS to the proxy", withCode(message));
  });

  it("with an expired certificate", async () => {
    const pair = await ca.issue({ notAfter: new Date(Date.now() - 60_000) });
    const message = await through(createTlsServer(pair), { caCertFile: join(folder, "ca.pem") });
    expect(message).toMatch(/of the proxy .* has expired \(CERT_HAS_EXPIRED\).*NO_PROXY/);
  });

  it("with a certificate for another host", async () => {
    const pair = await ca.issue({ hosts: ["proxy.example.com"] });
    const message = await through(createTlsServer(pair), { caCertFile: join(folder, "ca.pem") });
    expect(message).toMatch(new RegExp(`of the proxy .* is for another host.*certificate names in ${variable}`));
  });

  it("without TLS on the proxy's side", async () => {
    const message = await through(createServer());
    expect(message).toMatch(new RegExp(`does not speak TLS at this port.*Check scheme and port in ${variable}`));
  });
});

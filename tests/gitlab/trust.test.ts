import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { execFile } from "node:child_process";
import https from "node:https";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import tls from "node:tls";
import { promisify } from "node:util";
import { ConfigurationError, LostResponseError, NetworkError, withCode, type GitLab } from "../../provider/gitlab";
import { startSimulator, type Simulator, type SimulatorOptions } from "../../simulator";
import { expectEntry } from "../support/catalogue";
import { type CertificateAuthority, certificateAuthority, type KeyedCertificate } from "../support/certificates";
import { clientOf, failure, SkippingClock } from "./client";

/** A proxy that changes the last byte of the host's next response, once, when `damage` says so. */
async function damagingProxy(host: URL, damage: () => boolean) {
  const proxy = { damaged: (): void => undefined, port: 0, close: (): void => undefined };
  const server = net.createServer((near) => {
    const far = net.connect(Number(host.port), host.hostname);
    near.on("data", (data) => far.write(data));
    far.on("data", (data: Buffer) => {
      if (damage()) {
        data[data.length - 1] = (data[data.length - 1] ?? 0) ^ 0xff;
        proxy.damaged();
      }
      near.write(data);
    });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on("error", () => undefined);
      one.on("close", () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  proxy.port = (server.address() as net.AddressInfo).port;
  proxy.close = () => void server.close();
  return proxy;
}

describe("TLS", () => {
  let ca: CertificateAuthority;
  let other: CertificateAuthority;
  let good: KeyedCertificate;
  let folder: string;
  let caCertFile: string;
  let simulator: Simulator | undefined;
  let clock: SkippingClock;

  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const client = (values: Record<string, string> = {}): GitLab => {
    if (simulator === undefined) throw new Error("no simulator");
    return clientOf(simulator, clock, values);
  };
  const serve = async (options: SimulatorOptions): Promise<void> => {
    simulator = await startSimulator(options);
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "trust-"));
    [ca, other] = [await certificateAuthority(), await certificateAuthority("Other CA")];
    good = await ca.issue();
    caCertFile = file("ca.pem", ca.cert);
  });
  beforeEach(() => {
    clock = new SkippingClock();
  });
  afterEach(async () => {
    await simulator?.close();
    simulator = undefined;
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("retries after a connection that breaks after the handshake, and counts the response to a POST as lost", async () => {
    await serve({ tls: good });
    let damage = false;
    const wire = await damagingProxy(new URL(simulator?.url ?? ""), () => damage);
    const gitlab = client({ baseUrl: `https://localhost:${wire.port}`, caCertFile });
    try {
      const { id } = await gitlab.begin("look").user();
      damage = true;
      wire.damaged = () => (damage = false);
      expect((await gitlab.begin("look").user()).id).toBe(id);
      expect(simulator?.requests).toHaveLength(3);
      damage = true;
      const lost = await failure(gitlab.begin("register").agents.create(101, "production"));
      expect(lost).toBeInstanceOf(LostResponseError);
      expect(lost.message).toMatch(/was lost, so GitLab may have carried it out: the TLS connection broke \(ERR_SSL_/);
      expect(simulator?.state.agents).toHaveLength(1);
    } finally {
      wire.close();
    }
  });

  it("trusts the CAs of caCertFile in addition to the system's", async () => {
    await serve({ tls: good });
    expect(await client({ caCertFile }).begin("look").user()).toMatchObject({ username: "maintainer" });
    const bundle = file("bundle.pem", `${other.cert}\n${ca.cert}`);
    expect(await client({ caCertFile: bundle }).begin("look").user()).toMatchObject({ username: "maintainer" });
    expect(simulator?.connections.total).toBe(2);
  });

  it.each([
    ["a CA that nobody knows", async () => good, {}, /is not trusted \(.*\).*`gitlab:caCertFile`/],
    [
      "a certificate that has expired",
      () => ca.issue({ notBefore: new Date(Date.now() - 2e8), notAfter: new Date(Date.now() - 1e8) }),
      { ca: true },
      /has expired/,
    ],
    [
      "a certificate that is not valid yet",
      () => ca.issue({ notBefore: new Date(Date.now() + 1e8), notAfter: new Date(Date.now() + 2e8) }),
      { ca: true },
      /not valid yet.*clock/,
    ],
    [
      "a certificate for another host",
      () => ca.issue({ hosts: ["gitlab.example.com"] }),
      { ca: true },
      /another host.*`gitlab:baseUrl`/,
    ],
  ])("refuses %s at once, and says what to do", async (_, issue, given, words) => {
    await serve({ tls: await issue() });
    const values: Record<string, string> = "ca" in given ? { caCertFile } : {};
    const error = await failure(client(values).begin("register").agents.create(101, "one"));
    expect(error).toBeInstanceOf(NetworkError);
    expect(error).not.toBeInstanceOf(LostResponseError);
    expect(error.message).toMatch(words);
    expect(clock.slept).toEqual([]);
    expect(simulator?.requests).toEqual([]);
  });

  it("skips the checks if `insecure` is set, and warns", async () => {
    await serve({ tls: await other.issue({ hosts: ["elsewhere"] }) });
    await client({ insecure: "true" }).begin("look").user();
    expect(clock.warnings).toEqual([expect.stringMatching(/TLS certificate checks for https:\/\/127.* are off/)]);
  });

  it("sends a client certificate to a GitLab that requires one", async () => {
    const mine = await ca.issue({ commonName: "client" });
    await serve({ tls: { ...good, ca: ca.cert, requestCert: true } });
    const files = { clientCertFile: file("client.pem", mine.cert), clientKeyFile: file("client-key.pem", mine.key) };
    expect(
      await client({ caCertFile, ...files })
        .begin("look")
        .user(),
    ).toMatchObject({ username: "maintainer" });
  });

  it("says that GitLab requires a client certificate", async () => {
    await serve({ tls: { ...good, ca: ca.cert, requestCert: true } });
    const error = await failure(client({ caCertFile, maxRetries: "1" }).begin("look").user());
    expect(error).toBeInstanceOf(NetworkError);
    expect(error.message).toMatch(/`gitlab:clientCertFile`/);
  });

  it("shows the handshake's error if the host uses another TLS version", async () => {
    const old = https.createServer({ ...good, maxVersion: "TLSv1.1", minVersion: "TLSv1" });
    await new Promise<void>((resolve) => old.listen(0, "127.0.0.1", resolve));
    const { port } = old.address() as net.AddressInfo;
    const error = await failure(
      clientOf({ url: `https://127.0.0.1:${port}`, tokens: {} }, clock, { token: "glpat-nobody" })
        .begin("read the user")
        .user(),
    );
    old.close();
    expectEntry("TLS: the connection fails", withCode(error.message));
    expect(clock.slept).toEqual([]);
  });

  it("says that the host does not use TLS", async () => {
    await serve({});
    const baseUrl = simulator?.url.replace("http:", "https:") ?? "";
    const error = await failure(client({ baseUrl }).begin("look").user());
    expect(error.message).toMatch(/does not speak TLS.*is it http\?/);
    expect(clock.slept).toEqual([]);
  });

  it.each([
    [
      "missing",
      { caCertFile: "/nowhere/ca.pem" },
      /\/nowhere\/ca\.pem \(`caCertFile` from .*\) cannot be read: there is no such file/,
    ],
    ["a folder", { caCertFile: tmpdir() }, /is a folder/],
    ["no PEM", { caCertFile: "text" }, /holds no certificate in PEM/],
    ["not a certificate", { caCertFile: "broken" }, /does not parse/],
    [
      "a key of another certificate",
      { clientCertFile: "cert", clientKeyFile: "other-key" },
      /key does not belong to the certificate/,
    ],
    ["no key", { clientCertFile: "cert", clientKeyFile: "text" }, /cannot be used/],
  ])("names setting, source and file if a file is %s", async (_, values, words) => {
    await serve({ tls: good });
    const files: Record<string, string> = {
      text: file("text.pem", "hello canary"),
      broken: file("broken.pem", "-----BEGIN CERTIFICATE-----\nY2FuYXJ5\n-----END CERTIFICATE-----\n"),
      cert: file("cert.pem", good.cert),
      "other-key": file("other-key.pem", (await other.issue()).key),
    };
    const given = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, files[value] ?? value]));
    const error = await failure(client(given).begin("read the user").user());
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toMatch(/^Could not read the user: /);
    expect(error.message).toMatch(words);
    expect(error.message).not.toContain("canary");
    expect(simulator?.requests).toEqual([]);
  });

  describe("what the machine trusts", () => {
    /** One request in a new process, since Node reads these variables when it starts. */
    const look = async (env: NodeJS.ProcessEnv, values: Record<string, string> = {}): Promise<string> => {
      const program = `
        const { openGitLab, resolveSettings } = require("./dist/provider/gitlab");
        const values = ${JSON.stringify({ baseUrl: simulator?.url, token: simulator?.tokens.maintainer, ...values })};
        const settings = resolveSettings({ lookup: (name) => values[name], describe: (name) => name, env: {} });
        openGitLab(settings).begin("look").user().then((user) => console.log(user.username), (error) => console.log(error.message));
      `;
      const child = promisify(execFile)(process.execPath, ["-e", program], {
        cwd: join(__dirname, "../.."),
        env: { PATH: process.env.PATH, ...env },
        timeout: 60_000,
      });
      return (await child).stdout.trim();
    };

    it("is trusted in addition to caCertFile if NODE_EXTRA_CA_CERTS names it", async () => {
      await serve({ tls: good });
      const unrelated = { caCertFile: file("other-ca.pem", other.cert) };
      expect(await look({ NODE_EXTRA_CA_CERTS: caCertFile })).toBe("maintainer");
      expect(await look({ NODE_EXTRA_CA_CERTS: caCertFile }, unrelated)).toBe("maintainer");
      expect(await look({}, unrelated)).toMatch(/is not trusted/);
    });

    it("is trusted if it is in the operating system's list, as far as Node can read that", async () => {
      await serve({ tls: good });
      const expected = typeof tls.getCACertificates === "function" ? /^maintainer$/ : /is not trusted/;
      expect(await look({ SSL_CERT_FILE: caCertFile })).toMatch(expected);
      expect(await look({ SSL_CERT_FILE: caCertFile }, { caCertFile: file("other-ca.pem", other.cert) })).toMatch(
        expected,
      );
    });
  });

  it("is used without changing any setting of the process", async () => {
    await serve({ tls: good });
    const before = [
      https.globalAgent.options,
      process.env.NODE_TLS_REJECT_UNAUTHORIZED,
      tls.DEFAULT_MIN_VERSION,
      process.env.NODE_EXTRA_CA_CERTS,
    ];
    await client({ caCertFile, insecure: "true" }).begin("look").user();
    expect([
      https.globalAgent.options,
      process.env.NODE_TLS_REJECT_UNAUTHORIZED,
      tls.DEFAULT_MIN_VERSION,
      process.env.NODE_EXTRA_CA_CERTS,
    ]).toEqual(before);
  });
});

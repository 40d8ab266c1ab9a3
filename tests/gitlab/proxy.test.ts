import { createServer, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { connect, type AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NetworkError, type GitLab } from "../../provider/gitlab";
import { startSimulator, type Simulator } from "../../simulator";
import { certificateAuthority, type KeyedCertificate } from "../support/certificates";
import { type ForwardProxy, startForwardProxy } from "../support/forwardProxy";
import { clientOf, failure, SkippingClock } from "./client";

const VARIABLES = [
  "HTTPS_PROXY",
  "HTTP_PROXY",
  "NO_PROXY",
  "https_proxy",
  "http_proxy",
  "no_proxy",
  "ALL_PROXY",
  "all_proxy",
];

describe("proxies", () => {
  const kept = Object.fromEntries(VARIABLES.map((name) => [name, process.env[name]]));
  let folder: string;
  let values: Record<string, string>;
  let secure: Simulator;
  let plain: Simulator;
  let proxy: ForwardProxy | undefined;
  let refusing: Server | undefined;
  let proxyPair: KeyedCertificate;
  let clock: SkippingClock;
  const client = (simulator: Simulator, more: Record<string, string> = {}): GitLab =>
    clientOf(simulator, clock, { ...values, maxRetries: "1", ...more });

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "proxy-"));
    const ca = await certificateAuthority();
    writeFileSync(join(folder, "ca.pem"), ca.cert);
    const client = await ca.issue({ commonName: "client" });
    writeFileSync(join(folder, "client.pem"), client.cert);
    writeFileSync(join(folder, "client-key.pem"), client.key);
    proxyPair = await ca.issue({ commonName: "proxy" });
    values = { caCertFile: join(folder, "ca.pem") };
    [secure, plain] = [await startSimulator({ tls: await ca.issue() }), await startSimulator()];
  });
  beforeEach(() => {
    for (const name of VARIABLES) delete process.env[name];
    secure.reset();
    plain.reset();
    clock = new SkippingClock();
  });
  afterEach(() => {
    proxy?.close();
    proxy = undefined;
    refusing?.close();
    refusing = undefined;
  });
  afterAll(async () => {
    for (const name of VARIABLES) {
      if (kept[name] === undefined) delete process.env[name];
      else process.env[name] = kept[name];
    }
    await Promise.all([secure.close(), plain.close()]);
    rmSync(folder, { recursive: true });
  });

  it("are used by CONNECT for https, with one tunnel for many requests, and never receive the credential", async () => {
    proxy = await startForwardProxy();
    process.env.HTTPS_PROXY = proxy.url;
    const gitlab = client(secure);
    for (let i = 0; i < 3; i++) await gitlab.begin("look").user();
    const { host } = new URL(secure.url);
    expect(proxy.requests).toEqual([{ host, tunnel: true, admitted: true }]);
    expect(secure.requests).toHaveLength(3);
  });

  it("are used for http too", async () => {
    proxy = await startForwardProxy();
    process.env.HTTP_PROXY = proxy.url;
    const gitlab = client(plain);
    const agent = await gitlab.begin("register").agents.create("group/app", "one");
    await gitlab.begin("read").agents.get("group/app", agent.id);
    expect(proxy.requests.map(({ tunnel }) => tunnel)).toEqual([false, false]);
    expect(plain.requests.map(({ path }) => path)).toEqual([
      "/api/v4/projects/group%2Fapp/cluster_agents",
      `/api/v4/projects/group%2Fapp/cluster_agents/${agent.id}`,
    ]);
  });

  it("do not prevent the check of GitLab's certificate", async () => {
    proxy = await startForwardProxy();
    process.env.HTTPS_PROXY = proxy.url;
    const error = await failure(clientOf(secure, clock).begin("look").user());
    expect(error.message).toMatch(/is not trusted/);
  });

  it("receive their own credentials", async () => {
    proxy = await startForwardProxy("alice:correct/horse:canary");
    const url = `http://alice:${encodeURIComponent("correct/horse:canary")}@127.0.0.1:${proxy.port}`;
    process.env.HTTPS_PROXY = url;
    process.env.HTTP_PROXY = url;
    await client(secure).begin("look").user();
    await client(plain).begin("look").user();
    expect(proxy.requests.map(({ admitted }) => admitted)).toEqual([true, true]);
  });

  it.each(["secure", "plain"])(
    "respond 407 to wrong credentials, which the error does not show (%s)",
    async (which) => {
      proxy = await startForwardProxy("alice:correct-horse");
      const wrong = proxy.url.replace("correct-horse", "canary-password");
      process.env.HTTPS_PROXY = wrong;
      process.env.HTTP_PROXY = wrong;
      const gitlab = client(which === "secure" ? secure : plain, { debug: "true" });
      const error = await failure(gitlab.begin("register").agents.create(101, "one"));
      expect(error).toBeInstanceOf(NetworkError);
      expect(error.message).toContain(`the proxy http://127.0.0.1:${proxy.port} refused with status 407`);
      expect(error.message).toMatch(/HTTPS_PROXY.*NO_PROXY/);
      expect([error.message, ...clock.infos].join()).not.toMatch(/canary|alice/);
      expect(clock.slept).toEqual([]);
      expect(plain.requests).toEqual([]);
    },
  );

  /** A proxy that refuses every request, with the headers that it received. */
  async function refuse(status: number): Promise<string[]> {
    const headers: string[] = [];
    const server = createServer().on("connect", (request, socket) => {
      headers.push(Object.keys(request.headers).sort().join());
      socket.end(`HTTP/1.1 ${status} Refused\r\nContent-Length: 0\r\n\r\n`);
    });
    refusing = server;
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    process.env.HTTPS_PROXY = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return headers;
  }

  it("that refuse are named in the error, and do not receive GitLab's credential", async () => {
    const headers = await refuse(403);
    const error = await failure(client(secure).begin("register").agents.create(101, "one"));
    expect(error).toBeInstanceOf(NetworkError);
    expect(error.status).toBeUndefined();
    expect(error.message).toMatch(/the proxy .* refused with status 403.*let through the proxy/);
    expect(headers).toEqual(["host,proxy-connection"]);
  });

  it("are tried again if they cannot reach GitLab, also for a POST, since nothing was sent", async () => {
    const headers = await refuse(503);
    const error = await failure(client(secure).begin("register").agents.create(101, "one"));
    expect(error).toBeInstanceOf(NetworkError);
    expect(headers).toHaveLength(2);
    expect(clock.slept).toHaveLength(1);
  });

  it("without a server are named in the error", async () => {
    await refuse(503);
    const { port } = new URL(process.env.HTTPS_PROXY ?? "");
    await new Promise((resolve) => refusing?.close(resolve));
    process.env.HTTPS_PROXY = `http://alice:canary-password@127.0.0.1:${port}`;
    const error = await failure(client(secure).begin("register").agents.create(101, "one"));
    expect(error).toBeInstanceOf(NetworkError);
    expect(error.message).toContain(`refused: ECONNREFUSED (through the proxy http://127.0.0.1:${port})`);
    expect(error.message).not.toMatch(/canary|alice/);
  });

  it("are used over TLS if their address says so, with the same CAs and without the client certificate", async () => {
    const shown: object[] = [];
    const server = createTlsServer({ ...proxyPair, requestCert: true, rejectUnauthorized: false }).on(
      "connect",
      (request, socket) => {
        shown.push((request.socket as TLSSocket).getPeerCertificate());
        const [host = "", port = ""] = (request.url ?? "").split(":");
        const target = connect(Number(port), host, () => {
          socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
          target.pipe(socket).pipe(target);
        });
        for (const end of [socket, target]) end.on("error", () => undefined);
      },
    );
    refusing = server;
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    process.env.HTTPS_PROXY = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const files = { clientCertFile: join(folder, "client.pem"), clientKeyFile: join(folder, "client-key.pem") };
    await client(secure, files).begin("look").user();
    expect(secure.requests).toHaveLength(1);
    expect(shown).toEqual([{}]);
    const error = await failure(clientOf(secure, clock).begin("look").user());
    expect(error.message).toMatch(/is not trusted/);
    server.closeAllConnections();
  });

  it("are not used for hosts in NO_PROXY", async () => {
    proxy = await startForwardProxy();
    process.env.HTTPS_PROXY = proxy.url;
    process.env.NO_PROXY = "example.com,127.0.0.1";
    await client(secure).begin("look").user();
    expect(proxy.requests).toEqual([]);
  });

  it.each(["not a url at all:canary", "socks5://canary:canary@127.0.0.1:1"])(
    "with an unusable address are refused: %s",
    async (value) => {
      process.env.HTTPS_PROXY = value;
      const error = await failure(client(secure).begin("look").user());
      expect(error.message).toMatch(/^Could not look: The proxy of the environment \(HTTPS_PROXY\) is not/);
      expect(error.message).not.toContain("canary");
    },
  );
});

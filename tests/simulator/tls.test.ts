import { request } from "node:https";
import type { RequestOptions } from "node:https";
import type { TLSSocket } from "node:tls";

import { type Simulator, startSimulator } from "../../simulator";
import { type CertificateAuthority, certificateAuthority, type KeyedCertificate } from "../support/certificates";

describe("TLS", () => {
  let ca: CertificateAuthority;
  let server: KeyedCertificate;
  let gitlab: Simulator | undefined;

  beforeAll(async () => {
    ca = await certificateAuthority();
    server = await ca.issue();
  });
  afterEach(() => gitlab?.close());

  it("serves HTTPS with the given certificate", async () => {
    gitlab = await startSimulator({ tls: server, host: "localhost" });
    expect(gitlab.url).toMatch(/^https:\/\/localhost:\d+$/);
    expect(await get(gitlab, { ca: ca.cert })).toBe(200);
    await expect(get(gitlab, {})).rejects.toThrow(/unable to verify|self.signed/);
  });

  it("requires a client certificate", async () => {
    gitlab = await startSimulator({ tls: { ...server, ca: ca.cert, requestCert: true } });
    const client = await ca.issue({ commonName: "a client" });
    const stranger = await (await certificateAuthority("Other CA")).issue();
    expect(await get(gitlab, { ca: ca.cert, ...client })).toBe(200);
    await expect(get(gitlab, { ca: ca.cert })).rejects.toThrow(/certificate required|ECONNRESET|socket hang up/);
    await expect(get(gitlab, { ca: ca.cert, ...stranger })).rejects.toThrow(/unknown ca|ECONNRESET|socket hang up/);
    expect(gitlab.requests).toHaveLength(1);
  });

  it("closes encrypted connections on close", async () => {
    gitlab = await startSimulator({ tls: server });
    const held = new Promise<void>((resolve) => {
      const open = request(`${gitlab!.url}/api/v4/user`, {
        ca: ca.cert,
        agent: false,
        headers: { Connection: "keep-alive" },
      });
      open.on("socket", (socket: TLSSocket) => socket.once("close", () => resolve()));
      open.on("response", (response) => response.resume().on("end", () => void gitlab!.close()));
      open.end();
    });
    await held;
    expect(gitlab.connections).toMatchObject({ total: 1 });
  });
});

function get(gitlab: Simulator, options: RequestOptions): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(
      `${gitlab.url}/api/v4/user`,
      { ...options, agent: false, headers: { "PRIVATE-TOKEN": gitlab.tokens.guest } },
      (response) => {
        response.resume();
        resolve(response.statusCode);
      },
    )
      .on("error", reject)
      .end();
  });
}

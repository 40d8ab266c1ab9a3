import { createPublicKey } from "node:crypto";

import { type Simulator, startSimulator } from "../../simulator";
import { certificateAuthority, type KeyedCertificate } from "../support/certificates";
import { send } from "./requests";

const URL = "grpcs://agent.example.com:4443";
const NOT_FOUND = { message: "404 Not Found" };
const base64 = (text: string): string => Buffer.from(text).toString("base64");

describe("URL configurations", () => {
  let gitlab: Simulator;
  let ca: KeyedCertificate;
  let client: KeyedCertificate;
  let path: string;
  let agentId: number;

  beforeAll(async () => {
    const authority = await certificateAuthority();
    ca = authority;
    client = await authority.issue({ commonName: "agent" });
    gitlab = await startSimulator();
  });
  beforeEach(() => {
    gitlab.reset();
    agentId = gitlab.state.createAgent(101, "cluster-a").id;
    path = `/projects/101/cluster_agents/${agentId}/url_configurations`;
  });
  afterAll(() => gitlab.close());

  const create = (body: Record<string, unknown>): ReturnType<typeof send> => send(gitlab, "POST", path, { body });

  it("creates a key pair if no key is sent, and returns all seven fields", async () => {
    const { status, body } = await create({ url: URL });
    expect(status).toBe(201);
    expect(body).toEqual({
      id: gitlab.state.urlConfigurations[0]?.id,
      agent_id: agentId,
      url: URL,
      public_key: expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/),
      client_cert: null,
      ca_cert: null,
      tls_host: null,
    });
    const jwk = {
      kty: "OKP",
      crv: "Ed25519",
      x: Buffer.from(body.public_key as string, "base64").toString("base64url"),
    };
    const shown = createPublicKey({ key: jwk, format: "jwk" });
    expect(shown.equals(createPublicKey(gitlab.state.urlConfigurations[0]?.privateKey ?? ""))).toBe(true);
    expect((await send(gitlab, "GET", `${path}/${body.id}`)).body).toEqual(body);
    const list = await send(gitlab, "GET", path);
    expect(list.body).toEqual([body]);
    expect([list.headers.get("X-Total"), list.headers.get("Link")]).toEqual([null, null]);
  });

  it("accepts a key with its certificate for mTLS, and never returns the key", async () => {
    const sent = { url: URL, client_cert: client.cert, client_key: client.key, ca_cert: ca.cert, tls_host: "agent" };
    const { status, body } = await create(sent);
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.any(Number),
      agent_id: agentId,
      url: URL,
      public_key: null,
      client_cert: client.cert,
      ca_cert: ca.cert,
      tls_host: "agent",
    });
  });

  it("drops a certificate without a key, and reports no error", async () => {
    const { status, body } = await create({ url: URL, client_cert: client.cert, client_key: " " });
    expect([status, body.client_cert, typeof body.public_key]).toEqual([201, null, "string"]);
  });

  it("does not check that key and certificate belong together", async () => {
    expect((await create({ url: URL, client_cert: ca.cert, client_key: client.key })).status).toBe(201);
  });

  it.each<[string, () => Record<string, unknown>, string[]]>([
    ["a lone key", () => ({ client_key: client.key }), ["Client cert must be a valid PEM certificate"]],
    [
      "no PEM",
      () => ({ client_cert: "x", client_key: "y", ca_cert: "z" }),
      [
        "Ca cert must be a valid PEM certificate",
        "Client cert must be a valid PEM certificate",
        "Client key must be a valid PEM private key",
      ],
    ],
    ["base64", () => ({ ca_cert: base64(ca.cert) }), ["Ca cert must be a valid PEM certificate"]],
    [
      "a certificate as key",
      () => ({ client_cert: client.cert, client_key: client.cert }),
      ["Client key must be a valid PEM private key"],
    ],
    ["a port in the host", () => ({ tls_host: "a.example.com:443" }), ["Tls host must be a valid hostname!"]],
    ["a scheme in the host", () => ({ tls_host: "https://a" }), ["Tls host must be a valid hostname!"]],
    ["another scheme", () => ({ url: "https://a" }), ["Url is not a valid URL"]],
    ["the scheme of another protocol", () => ({ url: "wss://a" }), ["Url is not a valid URL"]],
    ["no host", () => ({ url: "grpc://" }), ["Url is not a valid URL"]],
    ["no URL", () => ({ url: "" }), ["Url is not a valid URL"]],
  ])("refuses %s", async (_, sent, reasons) => {
    const { status, body } = await create({ url: URL, ...sent() });
    expect([status, body]).toEqual([
      400,
      { message: `400 Bad request - ${JSON.stringify(reasons).replace(/","/g, '", "')}` },
    ]);
    expect(gitlab.state.agent(agentId).isReceptive).toBe(false);
  });

  it.each(["agent", "a.example.com", "A_1", "127.0.0.1", "[::1]"])("accepts the host %s", async (host) => {
    expect(await create({ url: URL, tls_host: host })).toMatchObject({ status: 201, body: { tls_host: host } });
  });

  it("allows one for each agent, and reports that before it checks the parameters", async () => {
    await create({ url: URL });
    const { status, body } = await create({ url: "ftp://x" });
    expect([status, body.message]).toEqual([400, "400 Bad request - URL configuration already exists for this agent"]);
  });

  it("makes the agent receptive while the configuration exists", async () => {
    const receptive = async (): Promise<unknown> =>
      (await send(gitlab, "GET", `/projects/101/cluster_agents/${agentId}`)).body.is_receptive;
    const { id } = (await create({ url: URL })).body;
    expect(await receptive()).toBe(true);
    const deleted = await send(gitlab, "DELETE", `${path}/${id}`);
    expect([deleted.status, deleted.body]).toEqual([204, ""]);
    expect(await receptive()).toBe(false);
    expect((await send(gitlab, "DELETE", `${path}/${id}`)).body).toEqual(NOT_FOUND);
    expect((await send(gitlab, "GET", path)).body).toEqual([]);
  });

  it("respects If-Unmodified-Since on delete", async () => {
    const { id } = (await create({ url: URL })).body;
    const headers = { "If-Unmodified-Since": "Fri, 01 Jan 2016 00:00:00 GMT" };
    expect((await send(gitlab, "DELETE", `${path}/${id}`, { headers })).status).toBe(412);
    expect(gitlab.state.urlConfigurations).toHaveLength(1);
  });

  it("does not find one of another agent, and responds with a capital F", async () => {
    const other = gitlab.state.createAgent(101, "cluster-b");
    const { id } = gitlab.state.setUrlConfiguration(other.id, { url: URL });
    for (const method of ["GET", "DELETE"]) {
      const response = await send(gitlab, method, `${path}/${id}`);
      expect([response.status, response.body]).toEqual([404, NOT_FOUND]);
    }
  });

  describe("certificates as base64", () => {
    it("accepts and returns only base64", async () => {
      gitlab.state.settings.certificates = "base64";
      const wrapped = base64(ca.cert).replace(/.{60}/g, "$&\n");
      const { status, body } = await create({ url: URL, ca_cert: wrapped });
      expect([status, body.ca_cert]).toEqual([201, base64(ca.cert)]);
      await send(gitlab, "DELETE", `${path}/${body.id}`);
      const raw = await create({ url: URL, client_cert: client.cert, client_key: client.key });
      expect(raw.body.message).toContain('"Client cert must be a valid PEM certificate"');
      const mtls = { url: URL, client_cert: base64(client.cert), client_key: base64(client.key) };
      expect((await create(mtls)).body.client_cert).toBe(base64(client.cert));
      expect(gitlab.state.urlConfigurations[0]).toMatchObject({ clientCert: client.cert, clientKey: client.key });
    });

    it.each([(text: string) => text, base64])("accepts either form if configured, and returns PEM", async (encode) => {
      gitlab.state.settings.certificates = "either";
      const { status, body } = await create({ url: URL, ca_cert: encode(ca.cert) });
      expect([status, body.ca_cert]).toEqual([201, ca.cert]);
    });
  });

  it("of an early version returns base64 with line breaks, and a public key that ends with a newline", async () => {
    const early = await startSimulator({ earlyVersion: true });
    try {
      const agent = early.state.createAgent(101, "cluster-a");
      const place = `/projects/101/cluster_agents/${agent.id}/url_configurations`;
      expect((await send(early, "POST", place, { body: { url: URL, ca_cert: ca.cert } })).status).toBe(400);
      const { body } = await send(early, "POST", place, { body: { url: URL, ca_cert: base64(ca.cert) } });
      expect(body.public_key).toMatch(/^[A-Za-z0-9+/]{43}=\n$/);
      expect(body.ca_cert).toMatch(/^([A-Za-z0-9+/=]{1,60}\n){2,}$/);
      expect(Buffer.from(String(body.ca_cert), "base64").toString()).toBe(ca.cert);
    } finally {
      await early.close();
    }
  });

  it.each(["pem", "either"] as const)(
    "of an early version cannot be combined with certificates as %s",
    async (certificates) => {
      await expect(startSimulator({ earlyVersion: true, certificates })).rejects.toThrow(
        /both `earlyVersion` and `certificates`.*early versions accept only base64/,
      );
    },
  );

  describe("access", () => {
    const calls = (): [string, string, unknown][] => [
      ["GET", path, undefined],
      ["GET", `${path}/1`, undefined],
      ["POST", path, {}],
      ["DELETE", `${path}/1`, undefined],
    ];

    it.each<[string, () => void]>([
      ["the project's plan has it not", () => (gitlab.state.project(101).licensed = false)],
      ["the instance has switched it off", () => (gitlab.state.settings.receptiveEnabled = false)],
    ])("is closed to all where %s, before role and parameters", async (_, close) => {
      close();
      for (const [method, at, body] of calls()) {
        for (const as of ["maintainer", "guest"]) {
          const response = await send(gitlab, method, at, { as, body });
          expect([response.status, response.body]).toEqual([404, NOT_FOUND]);
        }
      }
    });

    it("checks the parameters before the role", async () => {
      const posted = await send(gitlab, "POST", path, { as: "guest", body: {} });
      expect([posted.status, posted.body]).toEqual([400, { error: "url is missing" }]);
    });

    it("requires a maintainer, before it looks for the agent", async () => {
      const missing = "/projects/101/cluster_agents/999/url_configurations";
      for (const as of ["developer", "guest"]) {
        for (const [method, at, body] of [
          ...calls(),
          ["GET", missing, undefined],
          ["POST", missing, { url: URL }],
        ] as const) {
          const response = await send(gitlab, method, at, {
            as,
            body: method === "POST" ? { url: URL, ...(body as object) } : body,
          });
          expect([method, at, response.status, response.body]).toEqual([method, at, 403, { message: "403 Forbidden" }]);
        }
      }
      expect((await send(gitlab, "GET", missing)).body).toEqual({ message: "404 Not found" });
    });

    it("is set from the start by `receptive`", async () => {
      for (const receptive of [false, { licensed: true, enabled: false }, { licensed: false, enabled: true }]) {
        const other = await startSimulator({ receptive });
        const agent = other.state.createAgent(101, "a");
        const response = await send(other, "GET", `/projects/101/cluster_agents/${agent.id}/url_configurations`);
        await other.close();
        expect([response.status, response.body]).toEqual([404, NOT_FOUND]);
      }
    });

    it("does not exist in the free edition", async () => {
      const free = await startSimulator({ foss: true });
      const agent = free.state.createAgent(101, "a");
      const at = `/projects/101/cluster_agents/${agent.id}`;
      const [list, shown] = [await send(free, "GET", `${at}/url_configurations`), await send(free, "GET", at)];
      await free.close();
      expect([list.status, list.body]).toEqual([404, { error: "404 Not Found" }]);
      expect(shown.body).not.toHaveProperty("is_receptive");
    });
  });
});

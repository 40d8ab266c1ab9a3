import { certificateAuthority, type CertificateAuthority, type KeyedCertificate } from "../support/certificates";
import { agentToken, clusterAgent, receptiveUrlConfig, isNative, projectOf, refused, UNKNOWN } from "./doors";

const DAY = 24 * 60 * 60 * 1000;
let authority: CertificateAuthority;
let pair: KeyedCertificate;
let other: KeyedCertificate;
let expired: KeyedCertificate;

beforeAll(async () => {
  authority = await certificateAuthority();
  [pair, other, expired] = await Promise.all([
    authority.issue(),
    authority.issue(),
    authority.issue({ notBefore: new Date(Date.now() - 3 * DAY), notAfter: new Date(Date.now() - DAY) }),
  ]);
});

const agent = (inputs: object) => refused(clusterAgent, { project: "group/app", name: "a", ...inputs });
const token = (inputs: object) => refused(agentToken, { project: 42, agentId: 7, name: "blue", ...inputs });
const config = (inputs: object, olds?: object) =>
  refused(receptiveUrlConfig, { project: 42, agentId: 7, url: "grpcs://agent.example.com:443", ...inputs }, olds);

describe("projects", () => {
  test.each([42, "42", "group/app", "group%2Fapp", "group%2fapp", "group/sub-group/app.x_y", ".github/x", UNKNOWN])(
    "%p is accepted",
    async (project) => {
      expect(await agent({ project })).toEqual([]);
      expect(await token({ project })).toEqual([]);
      expect(await config({ project })).toEqual([]);
    },
  );
  test.each([
    [0, /`project` is not a positive whole number/],
    [-1, /`project` is not a positive whole number/],
    [1.5, /`project` is not a positive whole number/],
    ["0", /`project` is not a positive whole number/],
    ["", /`project` is empty/],
    ["  ", /`project` is empty/],
    ["group//app", /`project` is not a path/],
    ["/group/app", /`project` is not a path/],
    ["group/app/", /`project` is not a path/],
    ["group/my app", /`project` is not a path/],
    ["group/..%2f..", /`project` is not a path/],
    ["group%2", /`project` has a broken percent escape/],
    ["https://gitlab.com/group/app", /`project` is a web address/],
    ["app", /`project` names no group: a full path has at least one "\/"/],
    [true, /`project` is neither a number nor a string/],
    [{}, /`project` is neither a number nor a string/],
    [null, /`project` is missing/],
    [undefined, /`project` is missing/],
  ])("%p is refused", async (project, reason) => {
    for (const reasons of [await agent({ project }), await token({ project }), await config({ project })]) {
      expect(reasons).toEqual([expect.stringMatching(reason)]);
    }
  });
});

describe("names of agents", () => {
  test.each(["a", "7", "a-b", "a--b", "0-0", "x".repeat(63), UNKNOWN])("%p is accepted", async (name) => {
    expect(await agent({ name })).toEqual([]);
  });
  test.each([
    ["", /is empty/],
    ["x".repeat(64), /has 64 characters/],
    ["Prod", /has "P" at position 1/],
    ["my agent", /has " " at position 3/],
    ["a_b", /has "_" at position 2/],
    ["-a", /starts or ends with '-'/],
    ["a-", /starts or ends with '-'/],
    ["a\n", /has "\\n" at position 2/],
    [7, /is not a string/],
  ])("%p is refused", async (name, reason) => {
    expect(await agent({ name })).toEqual([expect.stringMatching(reason)]);
  });
});

describe("tokens", () => {
  test.each([7, "7", "007", UNKNOWN])("agentId %p is accepted", async (agentId) => {
    expect(await token({ agentId })).toEqual([]);
  });
  test.each([0, -7, 1.5, "7a", "", true, {}])("agentId %p is refused", async (agentId) => {
    expect(await token({ agentId })).toEqual([expect.stringMatching(/`agentId` is not a positive whole number/)]);
  });
  test.each([
    [{ name: "" }, /`name` is blank/],
    [{ name: " \t" }, /`name` is blank/],
    [{ name: "n".repeat(256) }, /`name` has 256 characters/],
    [{ name: 5 }, /`name` is not a string/],
    [{ description: "d".repeat(1025) }, /`description` has 1025 characters/],
    [{ description: 5 }, /`description` is not a string/],
    [{ rotationTriggers: "2026-11" }, /`rotationTriggers` is not an object/],
    [{ rotationTriggers: ["2026-11"] }, /`rotationTriggers` is not an object/],
  ])("%p is refused", async (inputs, reason) => {
    expect(await token(inputs)).toEqual([expect.stringMatching(reason)]);
  });
  test("`importId` without the secret is refused; the native plugin refers to `pulumi import`", async () => {
    const reason = isNative()
      ? /run `pulumi import`/
      : /`import` cannot retrieve this token's secret.*allowMissingToken/;
    expect(await token({ importId: "42:7:1" })).toEqual([expect.stringMatching(reason)]);
  });
  test("values at the limits are accepted", async () => {
    const inputs = { name: "n".repeat(255), description: "d".repeat(1024), rotationTriggers: { a: [1, { b: null }] } };
    expect(await token(inputs)).toEqual([]);
    expect(await token({ name: "😀".repeat(255), description: "", rotationTriggers: { a: UNKNOWN } })).toEqual([]);
    expect(await token({ name: UNKNOWN, description: UNKNOWN, rotationTriggers: UNKNOWN })).toEqual([]);
    expect(await token({ description: null, rotationTriggers: null })).toEqual([]);
  });
  test("digits become a number, and empty values are removed", async () => {
    const inputs = {
      project: 42,
      agentId: "7",
      name: "blue",
      description: "",
      rotationTriggers: null,
      __provider: "text",
    };
    const result = await agentToken.check?.({}, inputs);
    expect(result).toEqual({ inputs: { project: projectOf(42), agentId: 7, name: "blue", __provider: "text" } });
    expect(inputs.agentId).toBe("7");
  });
});

describe("URL configurations", () => {
  test.each([
    "grpc://agent:8082",
    "grpcs://agent.example.com",
    "grpcs://agent.example.com:443/",
    "grpcs://[::1]:443",
    "GRPC://10.0.0.7:1",
    UNKNOWN,
  ])("url %p is accepted", async (url) => expect(await config({ url })).toEqual([]));
  test.each([
    ["https://agent.example.com", /has the scheme "https"/],
    ["wss://agent.example.com", /has the scheme "wss"/],
    ["agent.example.com:443", /`url` is not a URL: it has no scheme/],
    ["agent:443", /it has no scheme/],
    ["agent.example.com", /it has no scheme/],
    [" grpcs://agent.example.com:443", /it begins or ends with a blank/],
    ["grpcs://agent.example.com:0", /its port is out of range, which is 1 to 65535/],
    ["grpcs://agent.example.com:65536/", /its port is out of range/],
    ["grpcs://agent.example.com:443/kas", /has a path, which gRPC does not use/],
    ["grpcs://agent.example.com:443?a=b", /has a query or a fragment/],
    ["grpc://", /`url` (names no host|is not a URL)/],
    ["grpc:///path", /names no host/],
    ["grpc:agent", /names no host/],
    ["", /is not a URL/],
    [5, /is not a string/],
    ["grpc://agent example.com", /is not a URL/],
    ["grpc://agent:99999", /is not a URL/],
  ])("url %p is refused", async (url, reason) => {
    expect(await config({ url })).toEqual([expect.stringMatching(reason)]);
  });
  test("credentials in the url are refused and not repeated in the error", async () => {
    const reasons = await config({ url: "grpcs://canary-user:canary-word@agent.example.com" });
    expect(reasons).toEqual([expect.stringMatching(/`url` holds credentials/)]);
    expect(reasons.join()).not.toMatch(/canary/);
  });

  test("a certificate with its key is accepted, also as a chain and with several CAs", async () => {
    const chain = `${pair.cert}\n${authority.cert}`;
    const bag = `Bag Attributes\n    friendlyName: agent\n${pair.cert}`;
    expect(await config({ clientCert: chain, clientKey: pair.key, caCert: `${authority.cert}\n${pair.cert}` })).toEqual(
      [],
    );
    expect(await config({ clientCert: bag.replace(/\n/g, "\r\n"), clientKey: pair.key })).toEqual([]);
    expect(await config({ clientCert: UNKNOWN, clientKey: pair.key })).toEqual([]);
    expect(await config({ clientCert: pair.cert, clientKey: UNKNOWN })).toEqual([]);
  });
  test("a certificate without its key, or a key without its certificate, is refused", async () => {
    expect(await config({ clientCert: pair.cert })).toEqual([
      expect.stringMatching(/`clientCert` is given without `clientKey`/),
    ]);
    expect(await config({ clientKey: pair.key })).toEqual([
      expect.stringMatching(/`clientKey` is given without `clientCert`/),
    ]);
  });
  test("text without PEM is refused and not repeated in the error", async () => {
    const canary = "canary-key-material";
    const reasons = await config({ clientCert: canary, clientKey: canary, caCert: canary });
    expect(reasons).toEqual([
      expect.stringMatching(/`clientCert` holds no PEM block/),
      expect.stringMatching(/`clientKey` is not a private key/),
      expect.stringMatching(/`caCert` holds no PEM block/),
    ]);
    expect(reasons.join()).not.toContain(canary);
  });
  test("a path, or PEM in base64, gets the same error for certificates and keys", async () => {
    const path = "./certs/canary-agent.pem";
    const reasons = await config({ clientCert: path, clientKey: "/etc/canary-agent.key", caCert: "ca.crt" });
    expect(reasons).toEqual(
      ["clientCert", "clientKey", "caCert"].map((name): unknown =>
        expect.stringMatching(new RegExp(`\`${name}\` looks like a file's path: read the file`)),
      ),
    );
    expect(reasons.join()).not.toContain("canary");
    const base64 = (text: string) => Buffer.from(text).toString("base64");
    const encoded = { clientCert: base64(pair.cert), clientKey: base64(pair.key), caCert: base64(pair.cert) };
    expect(await config(encoded)).toEqual(
      ["clientCert", "clientKey", "caCert"].map((name): unknown =>
        expect.stringMatching(`\`${name}\` is PEM in base64: decode it`),
      ),
    );
  });
  test("a certificate that is not valid yet is refused", async () => {
    const later = await authority.issue({ notBefore: new Date("2040-01-01"), notAfter: new Date("2041-01-01") });
    expect(await config({ clientCert: later.cert, clientKey: later.key })).toEqual([
      expect.stringMatching(/`clientCert` is not valid before 2040-01-01T/),
    ]);
    expect(await config({ caCert: later.cert })).toEqual([expect.stringMatching(/`caCert` is not valid before 2040/)]);
  });
  test("mTLS needs grpcs://; an existing configuration may keep grpc://", async () => {
    const inputs = { url: "grpc://agent.example.com:80", clientCert: pair.cert, clientKey: pair.key };
    expect(await config(inputs)).toEqual([expect.stringMatching(/`url` has the scheme "grpc".*needs grpcs:\/\//)]);
    expect(await config({ ...inputs, tlsHost: "agent" }, inputs)).toEqual([]);
  });
  test("a key instead of a certificate, a broken block and an encrypted key are refused", async () => {
    expect(await config({ clientCert: pair.key, clientKey: pair.key })).toEqual([
      expect.stringMatching(/number 1\) that is no certificate/),
    ]);
    const broken = pair.cert.replace(/\n[A-Za-z0-9+/=]+\n-----END/, "\n-----END");
    expect(await config({ caCert: `${authority.cert}\n${broken}` })).toEqual([
      expect.stringMatching(/number 2\) that is no certificate/),
    ]);
    const locked = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n";
    expect(await config({ clientCert: pair.cert, clientKey: locked })).toEqual([expect.stringMatching(/passphrase/)]);
  });
  test("a key of another certificate is refused", async () => {
    expect(await config({ clientCert: pair.cert, clientKey: other.key })).toEqual([
      expect.stringMatching(/does not belong to/),
    ]);
  });
  test("an expired certificate is refused if it is new, and accepted if it is already in use", async () => {
    const inputs = { clientCert: expired.cert, clientKey: expired.key };
    expect(await config(inputs)).toEqual([expect.stringMatching(/`clientCert` expired on \d{4}-/)]);
    expect(
      await config({ ...inputs, tlsHost: "agent" }, { ...inputs, clientCert: expired.cert.replace(/\n/g, "\r\n") }),
    ).toEqual([]);
    // The engine checks a replacement a second time, without the old inputs.
    expect(await config({ ...inputs, tlsHost: "agent" })).toEqual([]);
  });
  test.each(["agent.example.com", "agent", "10.0.0.7", "[::1]", "Agent.Example.COM", UNKNOWN])(
    "tlsHost %p is accepted",
    async (tlsHost) => {
      expect(await config({ tlsHost })).toEqual([]);
    },
  );
  test.each([
    ["agent.example.com:443", /has a port/],
    [" agent.example.com", /begins or ends with a blank/],
    ["agent.example.com:80", /has a port/],
    ["https://agent.example.com", /is not a host name/],
    ["agent.example.com/x", /is not a host name/],
    ["a b", /is not a host name/],
    ["user@agent", /is not a host name/],
    ["", /is not a host name/],
    [5, /is not a string/],
  ])("tlsHost %p is refused", async (tlsHost, reason) => {
    expect(await config({ tlsHost })).toEqual([expect.stringMatching(reason)]);
  });
});

test("all violations of a resource are reported at once", async () => {
  const reasons = await refused(agentToken, { agentId: "x", name: " ", description: 5, nam: "y" });
  expect(reasons).toHaveLength(5);
});

test.each([
  [clusterAgent, { project: 1, name: "a", agentName: "b" }, /`agentName` is not an argument of ClusterAgent\./],
  [clusterAgent, { project: 1, name: "a", Project: "b" }, /Did you mean `project`\?/],
  [clusterAgent, { project: 1, name: "a", agentId: 7 }, /`agentId` is not an argument of ClusterAgent/],
  [agentToken, { project: 1, agentId: 1, name: "a", agentID: 2 }, /Did you mean `agentId`\?/],
  [agentToken, { project: 1, agentId: 1, name: "a", rotationTrigger: {} }, /Did you mean `rotationTriggers`\?/],
  [agentToken, { project: 1, agentId: 1, name: "a", token: "glagent-x" }, /`token` is not an argument of AgentToken/],
  [receptiveUrlConfig, { project: 1, agentId: 1, url: "grpc://a", client_cert: "x" }, /Did you mean `clientCert`\?/],
])("misspelt arguments are reported (%#)", async (door, inputs, reason) => {
  expect(await refused(door, inputs)).toEqual([expect.stringMatching(reason)]);
});

describe("rotateAfterDays", () => {
  test.each([1, 1.5, 90, 3650, null, undefined, UNKNOWN])("%p is accepted", async (rotateAfterDays) => {
    expect(await token({ rotateAfterDays })).toEqual([]);
  });
  test.each([0, 0.5, -1, NaN, Infinity, "90", "a month", true, {}])("%p is refused", async (rotateAfterDays) => {
    expect(await token({ rotateAfterDays })).toEqual([
      expect.stringMatching(/`rotateAfterDays` is not a number of days, at least 1; expected, for example, 90/),
    ]);
  });
});

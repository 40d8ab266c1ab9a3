import { certificateAuthority } from "../support/certificates";
import { expectReason } from "../support/catalogue";
import { agentConnection, agentToken, clusterAgent, receptiveUrlConfig, reasons } from "./doors";

const token = (inputs: object) => reasons(agentToken, { project: 42, agentId: 7, name: "blue", ...inputs });
const config = (inputs: object) =>
  reasons(receptiveUrlConfig, { project: 42, agentId: 7, url: "grpcs://agent.example.com:443", ...inputs });

const PEM = "A certificate or key cannot be used";

test.each([
  ["The token's name or description cannot be used", () => token({ name: " " })],
  ["An id is not a number", () => token({ agentId: "production" })],
  ["A length of time cannot be used", () => token({ rotateAfterDays: 0 })],
  ["The rotation triggers are not an object", () => token({ rotationTriggers: "2026-11" })],
  [PEM, () => config({ caCert: "certificates/ca.pem" })],
])("%s: docs/errors.md has the text that check returns", async (title, refused) => {
  const [reason = "", ...more] = await refused();
  expect(more).toEqual([]);
  expectReason(title, reason);
});

test("a certificate and its key: docs/errors.md has the text that check returns", async () => {
  const authority = await certificateAuthority();
  const [pair, other] = await Promise.all([authority.issue(), authority.issue()]);
  const [stranger = ""] = await config({ clientCert: pair.cert, clientKey: other.key });
  expectReason("The client key belongs to another certificate", stranger);
  const both = { clientCert: pair.cert, clientKey: pair.key };
  const [plain = ""] = await config({ ...both, url: "grpc://agent.example.com:443" });
  expectReason("mTLS without TLS", plain);
});

test("each of several violations of one resource ends with its own code", async () => {
  const violations = await reasons(clusterAgent, { project: "app", name: "Prod", nam: "x" });
  expect(violations.map((reason) => / (GLA\d+)$/.exec(reason)?.[1])).toEqual(["GLA2001", "GLA2003", "GLA2004"]);
  const connection = await reasons(agentConnection, { project: 42, agentId: 7, tokenId: "x", timeout: 0 });
  expect(connection.map((reason) => / (GLA\d+)$/.exec(reason)?.[1])).toEqual(["GLA2006", "GLA2007"]);
});

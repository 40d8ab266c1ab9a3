import { receptiveUrlConfig } from "pulumi-gitlab-agent/provider";
import { certificateAuthority } from "../support/certificates";

// `pulumi import` cannot import the client key, since GitLab never returns it.
test("an imported mTLS configuration needs no key, accepts the matching one, and is replaced only if a key is given", async () => {
  const ca = await certificateAuthority();
  const { cert, key } = await ca.issue();
  const other = await ca.issue();
  const base = { project: "group/app", agentId: 7, url: "grpcs://edge.example.com:443" };
  const imported = { ...base, clientCert: cert };
  const state = { ...imported, urlConfigurationId: 3 };
  const check = async (olds: object, news: object) =>
    (await receptiveUrlConfig.check?.(olds, news))?.failures?.map(({ reason }) => reason) ?? [];
  const replaces = async (news: object) =>
    (await receptiveUrlConfig.diff?.("group/app:7:3", state, news))?.replaces ?? [];

  expect(await check(imported, imported)).toEqual([]);
  expect(await replaces(imported)).toEqual([]);
  // The key is added later: the state has none, so it is compared with the certificate.
  expect(await check(imported, { ...imported, clientKey: key })).toEqual([]);
  expect(await replaces({ ...imported, clientKey: key })).toEqual([]);
  // A key in the inputs must not be removed, and another certificate or a replacement needs one.
  const missing = [expect.stringContaining("`clientCert` is given without `clientKey`") as string];
  expect(await check({ ...imported, clientKey: key }, imported)).toEqual(missing);
  expect(await check(imported, { ...imported, clientCert: other.cert })).toEqual(missing);
  expect(await check({}, imported)).toEqual(missing);
  expect(await check(imported, { ...imported, clientKey: other.key })).toEqual([
    expect.stringContaining("does not belong to the first certificate"),
  ]);
  expect(await replaces({ ...base, clientCert: other.cert, clientKey: other.key })).toEqual(["clientCert"]);
  expect(await replaces(base)).toEqual(["clientCert"]);
});

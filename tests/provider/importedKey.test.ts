import { receptiveUrlConfig } from "pulumi-gitlab-agent/provider";
import { certificateAuthority } from "../support/certificates";

// What `pulumi import` brings in has no client key: GitLab never shows it.
test("an imported mTLS configuration needs no key, takes the one that fits, and is replaced only with one", async () => {
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
  // The key is given later: to the same certificate belongs the same key.
  expect(await check(imported, { ...imported, clientKey: key })).toEqual([]);
  expect(await replaces({ ...imported, clientKey: key })).toEqual([]);
  // Once there, it cannot be left out; nor where another certificate, or a replacement, needs it.
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

import { namespaceName, releaseName, secretName } from "../../sdk/kubernetes/names";

const longest = "a".repeat(63);

test("a release is named after its agent, within Helm's limit", () => {
  expect(releaseName("production")).toBe("production");
  expect(releaseName("a".repeat(53))).toBe("a".repeat(53));
  expect(releaseName(longest)).toMatch(/^a{44}-[0-9a-f]{8}$/);
  expect(releaseName(longest)).toBe(releaseName(longest));
});

test("the release's name starts with a letter, since the chart names a Service after it", () => {
  expect(releaseName("7")).toBe("agent-7");
});

test.each(["y", "yes", "true", "on", "n", "no", "false", "off", "null", "True", "NO"])(
  "%s, which YAML does not read as text, gets a prefix",
  (name) => expect(releaseName(name)).toBe(`agent-${name}`),
);

test.each(["yes-1", "nope", "online", "nullable", "t"])("%s, which YAML reads as text, is kept", (name) =>
  expect(releaseName(name)).toBe(name),
);

test("long names that differ at their end get different releases", () => {
  expect(releaseName(`${longest}b`.slice(1))).not.toBe(releaseName(longest));
  expect(namespaceName(`${longest}b`.slice(1))).not.toBe(namespaceName(longest));
});

test("no truncated name ends with a hyphen", () => {
  const cut = releaseName(`${"a".repeat(40)}----${"b".repeat(19)}`);
  expect(cut).toMatch(/^a{40}-[0-9a-f]{8}$/);
});

test("the namespace has the name of GitLab's instructions, within Kubernetes' limit", () => {
  expect(namespaceName("production")).toBe("gitlab-agent-production");
  expect(namespaceName(longest)).toMatch(/^gitlab-agent-a{41}-[0-9a-f]{8}$/);
  expect(namespaceName(longest)).toHaveLength(63);
});

test("a Secret's name depends on the token and on all other content, not on its order", () => {
  expect(secretName("production", 21, {})).toBe("production-token-21");
  const one = secretName("production", 21, { "api-jwt": "a", "tls.crt": "b" });
  expect(one).toMatch(/^production-token-21-[0-9a-f]{8}$/);
  expect(secretName("production", 21, { "tls.crt": "b", "api-jwt": "a" })).toBe(one);
  for (const [tokenId, content] of [
    [22, { "api-jwt": "a", "tls.crt": "b" }],
    [21, { "api-jwt": "c", "tls.crt": "b" }],
    [21, { "api-jwt": "a" }],
  ] as const) {
    expect(secretName("production", tokenId, { ...content })).not.toBe(one);
  }
});

import { Helm } from "../support/kubernetesHelm";

const place = { context: "", namespace: "agents" };
const secrets = (content: Record<string, Record<string, string>>) => (name: string) => content[name];
const plain = { config: { secretName: "s" } };
const none = secrets({});

let helm: Helm;
beforeEach(() => void (helm = new Helm()));

describe("the Helm of the tests' cluster refuses", () => {
  test("a Secret of the chart with the name of a Secret of the program", () => {
    const values = { config: { secretName: "s", receptive: { enabled: true } } };
    const release = { ...place, name: "edge", values };
    expect(() => helm.apply("create", release, secrets({ s: { token: "t" } }))).toThrow(
      'Unable to continue with install: Secret "s" in namespace "agents" exists and cannot be imported into the current release: invalid ownership metadata',
    );
  });

  test("agents `x` and `x-gitlab-agent` in one namespace, and accepts them in two", () => {
    const ours = secrets({ s: { token: "t" } });
    helm.apply("create", { ...place, name: "x", values: plain }, ours);
    const other = { ...place, name: "x-gitlab-agent", values: plain };
    expect(() => helm.apply("create", other, ours)).toThrow(/"x-gitlab-agent".*invalid ownership metadata/);
    expect(helm.apply("create", { ...other, namespace: "more" }, ours)).toEqual({ token: "t" });
  });

  test.each(["true", "off", "7"])("a label that YAML reads as something else: %s", (name) => {
    expect(() => helm.apply("create", { ...place, name, values: plain }, none)).toThrow(/labels of type string/);
  });

  test("pods without their Secret, and pods with an argument for a missing file", () => {
    const release = { ...place, name: "edge", values: plain };
    expect(() => helm.apply("create", release, none)).toThrow(/pods wait: .*Secret "s" not found/);
    const withoutToken = secrets({ s: { password: "t" } });
    expect(() => helm.apply("create", release, withoutToken)).toThrow(
      /--token-file: open \/etc\/agentk\/secrets\/token: no such file or directory/,
    );
  });

  test("mTLS without a certificate of the endpoint", () => {
    const values = { config: { secretName: "s" }, extraArgs: ["--api-mtls"] };
    expect(() => helm.apply("create", { ...place, name: "edge", values }, secrets({ s: { token: "t" } }))).toThrow(
      /--api-mtls without --api-cert-file/,
    );
  });
});

test("a release's objects are deleted with it, and objects that it keeps survive updates", () => {
  const values = { config: { receptive: { enabled: true } }, extraArgs: ["--token-file=/own/token"] };
  const mounted = {
    ...values,
    extraVolumes: [{ name: "own", secret: { secretName: "s" } }],
    extraVolumeMounts: [{ name: "own", mountPath: "/own" }],
  };
  const release = { ...place, name: "edge", values: mounted };
  const first = helm.apply("create", release, secrets({ s: { token: "1" } }));
  const second = helm.apply("update", release, secrets({ s: { token: "2" } }));
  expect(second).toEqual({ ...first, token: "2" });
  expect(helm.createdObjects).toContain("Secret edge-gitlab-agent-token");
  helm.forget(release);
  expect(helm.createdObjects).toEqual([]);
});

import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { AgentConnection, ClusterAgent, Provider } from "pulumi-gitlab-agent";
import { AgentInstallation, type AgentInstallationArgs } from "pulumi-gitlab-agent/kubernetes";
import { expectEntry } from "../support/catalogue";
import { declare, inClear, isSecret, promised, PUBLIC_KEY, TOKEN } from "./mockedEngine";

const kasAddress = "wss://kas.example.com";
const install =
  (args: AgentInstallationArgs = {}, opts?: pulumi.ComponentResourceOptions) =>
  () =>
    new AgentInstallation("production", { kasAddress, ...(args.agent ? {} : { project: "group/app" }), ...args }, opts);

const AGENT = "gitlab:ClusterAgent";
const TOKENS = "gitlab:AgentToken";
const CONNECTION = "gitlab:AgentConnection";
const NAMESPACE = "core/v1:Namespace";
const SECRET = "core/v1:Secret";
const RELEASE = "helm.sh/v3:Release";

describe("the parts of an installation", () => {
  test("agent, token, namespace, Secret and release, each with its inputs", async () => {
    const { all, only } = await declare(install());
    expect(all.map(({ type, name }) => `${type} ${name}`).sort()).toEqual([
      "gitlab-agent:kubernetes:AgentInstallation production",
      "kubernetes:core/v1:Namespace production",
      "kubernetes:core/v1:Secret production",
      "kubernetes:helm.sh/v3:Release production",
      "pulumi-nodejs:dynamic/gitlab:AgentConnection production",
      "pulumi-nodejs:dynamic/gitlab:AgentToken production",
      "pulumi-nodejs:dynamic/gitlab:ClusterAgent production",
    ]);
    expect(only(AGENT).inputs).toMatchObject({ project: "group/app", name: "production" });
    expect(only(TOKENS).inputs).toMatchObject({ project: "group/app", agentId: 7, name: "production" });
    const { project, agentId, tokenId, timeout } = only(CONNECTION).inputs;
    expect({ project, agentId, tokenId, timeout }).toEqual({ project: "group/app", agentId: 7, tokenId: 21 });
    expect(only(NAMESPACE).inputs).toMatchObject({ metadata: { name: "gitlab-agent-production" } });
    expect(only(SECRET).inputs).toMatchObject({
      metadata: { name: "production-token-21", namespace: "gitlab-agent-production" },
      stringData: { token: `${TOKEN}-1` },
    });
    expect(only(RELEASE).inputs).toEqual({
      name: "production",
      namespace: "gitlab-agent-production",
      chart: "gitlab-agent",
      repositoryOpts: { repo: "https://charts.gitlab.io" },
      values: { config: { secretName: "production-token-21", kasAddress } },
      allowNullValues: true,
      compat: "true",
    });
  });

  test("each part is a child of the component", async () => {
    const { result } = await declare(install({ receptive: { url: "grpcs://agent.example.com" } }));
    const { agent, token, secret, release } = result;
    const children = [agent, token, secret, release, result.urlConfig!, result.connection!];
    for (const child of children) {
      expect(await promised(child.urn)).toContain("::gitlab-agent:kubernetes:AgentInstallation$");
    }
  });

  test("outputs: the resources, and the namespace's name", async () => {
    const { result } = await declare(install());
    expect(ClusterAgent.isInstance(result.agent)).toBe(true);
    expect(await promised(result.agent.agentId)).toBe(7);
    expect(await promised(result.token.tokenId)).toBe(21);
    expect(kubernetes.core.v1.Secret.isInstance(result.secret)).toBe(true);
    expect(kubernetes.helm.v3.Release.isInstance(result.release)).toBe(true);
    expect(await promised(result.namespace)).toBe("gitlab-agent-production");
    expect(result.urlConfig).toBeUndefined();
    expect(AgentConnection.isInstance(result.connection)).toBe(true);
    expect(AgentInstallation.isInstance(result)).toBe(true);
    expect(AgentInstallation.isInstance(result.agent)).toBe(false);
  });

  test("each part waits for the parts that it needs, and only for those", async () => {
    const { order } = await declare(install());
    const at = (event: string) => order.indexOf(event);
    for (const [earlier, later] of [
      ["AgentInstallation", "ClusterAgent"],
      ["ClusterAgent", "AgentToken"],
      ["AgentToken", "Secret"],
      ["Namespace", "Secret"],
      ["Secret", "Release"],
      ["Release", "AgentConnection"],
    ]) {
      expect(at(`end ${earlier}`)).toBeGreaterThanOrEqual(0);
      expect(at(`begin ${later}`)).toBeGreaterThan(at(`end ${earlier}`));
    }
    expect(at("begin AgentToken")).toBeLessThan(at("end Namespace"));
  });
});

describe("arguments", () => {
  test("a registered agent is used unchanged", async () => {
    const { all, only } = await declare(() =>
      install({ agent: new ClusterAgent("shared", { project: 42, name: "shared-agent" }) })(),
    );
    expect(all.filter(({ type }) => type.endsWith(AGENT))).toHaveLength(1);
    expect(only(TOKENS).inputs).toMatchObject({ project: 42, agentId: 7, name: "production" });
    expect(only(RELEASE).inputs).toMatchObject({ name: "shared-agent", namespace: "gitlab-agent-shared-agent" });
  });

  test.each<[string, AgentInstallationArgs, unknown]>([
    ["600 s where nothing is given", {}, undefined],
    ["900 s for a receptive agent", { receptive: { url: "grpcs://agent.example.com" } }, 900],
    ["as given", { connectionTimeout: 60, receptive: { url: "grpcs://agent.example.com" } }, 60],
  ])("the wait for the connection: %s", async (_, args, timeout) => {
    const { only } = await declare(install(args));
    expect(only(CONNECTION).inputs["timeout"]).toBe(timeout);
  });

  test("awaitConnection: false creates no AgentConnection; tokenRotateAfterDays reaches the token", async () => {
    const { all, only, result } = await declare(install({ awaitConnection: false, tokenRotateAfterDays: 90 }));
    expect(all.filter(({ type }) => type.endsWith(CONNECTION))).toEqual([]);
    expect(result.connection).toBeUndefined();
    expect(only(TOKENS).inputs).toMatchObject({ rotateAfterDays: 90 });
  });

  test("agentName sets the names of the agent, the release and the namespace", async () => {
    const { only } = await declare(install({ agentName: pulumi.output("edge") }));
    expect(only(AGENT).inputs).toMatchObject({ name: "edge" });
    expect(only(RELEASE).inputs).toMatchObject({ name: "edge", namespace: "gitlab-agent-edge" });
  });

  test.each<[string, AgentInstallationArgs, string, boolean]>([
    ["left out", {}, "gitlab-agent-production", true],
    ["left out, but not to be made", { createNamespace: false }, "gitlab-agent-production", false],
    ["given by name", { namespace: "agents" }, "agents", false],
    ["given by an output", { namespace: pulumi.output("agents") }, "agents", false],
    ["given by name, to be made", { namespace: "agents", createNamespace: true }, "agents", true],
  ])("a namespace that is %s", async (_, args, named, made) => {
    const { all, only } = await declare(install(args));
    expect(all.filter(({ type }) => type.endsWith(NAMESPACE)).map(({ inputs }) => inputs["metadata"])).toEqual(
      made ? [{ name: named }] : [],
    );
    expect(only(SECRET).inputs).toMatchObject({ metadata: { namespace: named } });
    expect(only(RELEASE).inputs).toMatchObject({ namespace: named });
  });

  test("the release waits for a namespace of the program", async () => {
    const { order, only } = await declare(() =>
      install({ namespace: new kubernetes.core.v1.Namespace("own", { metadata: { name: "own" } }) })(),
    );
    expect(only(NAMESPACE).name).toBe("own");
    expect(only(RELEASE).inputs).toMatchObject({ namespace: "own" });
    expect(order.indexOf("begin Secret")).toBeGreaterThan(order.indexOf("end Namespace"));
  });

  test.each<[string, AgentInstallationArgs, Record<string, unknown>]>([
    ["the defaults", {}, { chart: "gitlab-agent", repositoryOpts: { repo: "https://charts.gitlab.io" } }],
    ["a version", { version: "2.6.1" }, { version: "2.6.1" }],
    [
      "a repository",
      { repository: "https://mirror.example.com" },
      { repositoryOpts: { repo: "https://mirror.example.com" } },
    ],
    [
      "another chart of GitLab's repository",
      { chart: "fork" },
      { chart: "fork", repositoryOpts: { repo: "https://charts.gitlab.io" } },
    ],
    ["an OCI address", { chart: "oci://registry.example.com/gitlab-agent" }, { repositoryOpts: undefined }],
    ["a path", { chart: "./charts/gitlab-agent" }, { repositoryOpts: undefined }],
    ["a packed chart", { chart: pulumi.output("gitlab-agent-2.6.1.tgz") }, { repositoryOpts: undefined }],
    [
      "an OCI address and a repository all the same",
      { chart: "oci://x", repository: "y" },
      { repositoryOpts: { repo: "y" } },
    ],
  ])("the chart: %s", async (_, args, expected) => {
    const { inputs } = (await declare(install(args))).only(RELEASE);
    for (const [key, value] of Object.entries(expected)) expect(inputs[key]).toEqual(value);
  });

  test("values are merged deeply, and the program's take precedence", async () => {
    const { only } = await declare(
      install({
        replicas: 3,
        values: {
          config: { kasHeaders: ["Cookie: gitlab-canary"], kasAddress: pulumi.output("wss://other") },
          podAnnotations: pulumi.output({ team: "platform" }),
          image: { tag: "v18.3.0" },
        },
      }),
    );
    expect(only(RELEASE).inputs["values"]).toEqual({
      config: { secretName: "production-token-21", kasAddress: "wss://other", kasHeaders: ["Cookie: gitlab-canary"] },
      podAnnotations: { team: "platform" },
      image: { tag: "v18.3.0" },
      replicas: 3,
    });
  });

  test("`replicas` among the values takes precedence over the argument", async () => {
    const { only } = await declare(install({ replicas: 3, values: pulumi.output({ replicas: 4 }) }));
    expect(only(RELEASE).inputs["values"]).toMatchObject({ replicas: 4 });
  });

  test.each<[string, AgentInstallationArgs & Record<string, unknown>, RegExp]>([
    ["neither agent nor project", { project: undefined }, /"production" is given neither `agent` nor `project`/],
    ["both", { project: "a", agent: {} as ClusterAgent }, /"production" is given both `agent` and `project`/],
    ["agent and agentName", { agentName: "a", agent: {} as ClusterAgent }, /given both `agent` and `agentName`/],
    ["the token as a value", { values: { config: { token: "t" } } }, /never a Helm value/],
  ])("%s is refused", async (_, args, message) => {
    await expect(declare(install(args))).rejects.toThrow(message);
  });

  test("refused arguments have their entry in docs/errors.md", async () => {
    const messages = (args: object) =>
      declare(install(args)).then(
        () => "nothing",
        (error: Error) => error.message,
      );
    const receptive = { url: "grpcs://agent.example.com", clientCert: "CLIENT CERT", clientKey: "CLIENT KEY" };
    expectEntry("AgentInstallation: which agent", await messages({ project: undefined }));
    expectEntry("AgentInstallation: mTLS needs a certificate on each side", await messages({ receptive }));
    expectEntry(
      "AgentInstallation: the token among the Helm values",
      await messages({ values: { config: { token: "t" } } }),
    );
  });
});

describe("secrets", () => {
  test("the token is in the Secret, and nowhere in clear", async () => {
    const { all, only, result } = await declare(install({ receptive: { url: "grpcs://agent.example.com" } }));
    for (const { type, raw } of all) expect({ type, places: inClear(TOKEN, raw) }).toEqual({ type, places: [] });
    expect(JSON.stringify(only(RELEASE).inputs)).not.toContain(TOKEN);
    expect(inClear(TOKEN, only(SECRET).inputs)).toEqual([".stringData.token"]);
    expect(await isSecret(result.token.token)).toBe(true);
    expect(await isSecret(result.secret.stringData)).toBe(true);
    for (const plain of [result.secret.metadata.name, result.release.name, result.namespace]) {
      expect(await isSecret(plain)).toBe(false);
    }
  });

  test("a value that depends on the token stays secret everywhere in the program", async () => {
    const { only } = await declare(() => {
      const agent = new ClusterAgent("shared", { project: 42 });
      const first = install({ agent })();
      const token = first.token.token;
      return new AgentInstallation("second", {
        agent,
        kasAddress,
        values: { extraEnv: [{ name: "TOKEN", value: token }], note: pulumi.interpolate`Bearer ${token}` },
      });
    }).then(({ all }) => ({
      only: (name: string) => all.find((each) => each.name === name && each.type.endsWith(RELEASE))!,
    }));
    const { raw, inputs } = only("second");
    expect(inputs["values"]).toMatchObject({ note: `Bearer ${TOKEN}-1` });
    expect(inClear(TOKEN, raw)).toEqual([]);
  });

  test("a secret among the values stays secret", async () => {
    const { only } = await declare(install({ values: { config: { kasHeaders: [pulumi.secret("Key: canary")] } } }));
    expect(JSON.stringify(only(RELEASE).inputs["values"])).toContain("Key: canary");
    expect(inClear("canary", only(RELEASE).raw)).toEqual([]);
  });
});

describe("rotation", () => {
  test("triggers reach the token; a new token gives its Secret another name, which the release uses", async () => {
    const month = (value: string) => install({ tokenRotationTriggers: { month: value } });
    const before = await declare(month("2026-11"));
    const after = await declare(month("2026-12"), { generation: 2 });
    expect(before.only(TOKENS).inputs["rotationTriggers"]).toEqual({ month: "2026-11" });
    expect(after.only(TOKENS).inputs["rotationTriggers"]).toEqual({ month: "2026-12" });
    expect(before.only(SECRET).inputs["metadata"]).toMatchObject({ name: "production-token-21" });
    expect(after.only(SECRET).inputs).toMatchObject({
      metadata: { name: "production-token-22" },
      stringData: { token: `${TOKEN}-2` },
    });
    expect(after.only(RELEASE).inputs["values"]).toMatchObject({ config: { secretName: "production-token-22" } });
  });
});

describe("as a component", () => {
  test("providers reach the children of their package", async () => {
    const { only } = await declare(() => {
      const gitlab = new Provider("gitlab", { baseUrl: "https://gitlab.example.com" });
      const cluster = new kubernetes.Provider("cluster", { context: "edge" });
      return install({}, { providers: [gitlab, cluster] })();
    });
    for (const type of [AGENT, TOKENS]) expect(only(type).provider).toContain("pulumi-nodejs::gitlab::");
    for (const type of [NAMESPACE, SECRET, RELEASE]) expect(only(type).provider).toContain("kubernetes::cluster::");
  });

  test("a given agent's provider creates its token", async () => {
    const { only } = await declare(() => {
      const gitlab = new Provider("gitlab", { baseUrl: "https://gitlab.example.com" });
      return install({ agent: new ClusterAgent("shared", { project: 42 }, { provider: gitlab }) })();
    });
    expect(only(TOKENS).provider).toContain("pulumi-nodejs::gitlab::");
  });

  test("transformations apply to every child", async () => {
    const seen: string[] = [];
    const { only } = await declare(
      install(
        {},
        {
          transformations: [
            ({ type, props, opts }) => {
              seen.push(type);
              return type === "kubernetes:helm.sh/v3:Release" ? { props: { ...props, atomic: true }, opts } : undefined;
            },
          ],
        },
      ),
    );
    expect(seen).toHaveLength(7);
    expect(only(RELEASE).inputs["atomic"]).toBe(true);
  });
});

describe("a receptive agent", () => {
  const url = "grpcs://agent.example.com:443";
  const URL_CONFIG = "gitlab:ReceptiveUrlConfig";
  const folder = "/etc/gitlab-agent-installation";
  const tls = { cert: "SERVER CERT", key: "SERVER KEY" };
  const mutual = { url, clientCert: "CLIENT CERT", clientKey: "CLIENT KEY", caCert: "CA", tls };
  const secretName = ({ inputs }: { inputs: Record<string, unknown> }) => (inputs["metadata"] as { name: string }).name;
  /** All values: no `config.secretName`, since the chart would create a Secret under that name, and nothing of `config.api`. */
  const values = (named: string, args: string[]) => ({
    config: { receptive: { enabled: true } },
    extraArgs: args,
    extraVolumes: [{ name: "agent-installation", secret: { secretName: named } }],
    extraVolumeMounts: [{ name: "agent-installation", mountPath: folder, readOnly: true }],
  });

  test("with JWT: GitLab's public key in our Secret, arguments and a volume, and no KAS address", async () => {
    const { all, only } = await declare(install({ receptive: { url } }));
    expect(only(URL_CONFIG).inputs).toMatchObject({ project: "group/app", agentId: 7, url });
    expect(all.map(({ type }) => type)).not.toContain("pulumi:index:Stash");
    expect(only(SECRET).inputs["stringData"]).toEqual({ token: `${TOKEN}-1`, "api-jwt": PUBLIC_KEY });
    const named = secretName(only(SECRET));
    expect(named).toMatch(/^production-token-21-[0-9a-f]{8}$/);
    expect(only(RELEASE).inputs["values"]).toEqual(
      values(named, [`--token-file=${folder}/token`, `--api-jwt-file=${folder}/api-jwt`]),
    );
  });

  test("with JWT and `tls`: the endpoint uses TLS", async () => {
    const { only } = await declare(install({ receptive: { url, tls } }));
    expect(only(SECRET).inputs["stringData"]).toEqual({
      token: `${TOKEN}-1`,
      "api-jwt": PUBLIC_KEY,
      "tls.crt": "SERVER CERT",
      "tls.key": "SERVER KEY",
    });
    expect(only(RELEASE).inputs["values"]).toEqual(
      values(secretName(only(SECRET)), [
        `--token-file=${folder}/token`,
        `--api-jwt-file=${folder}/api-jwt`,
        `--api-cert-file=${folder}/tls.crt`,
        `--api-key-file=${folder}/tls.key`,
      ]),
    );
  });

  test("with mTLS: certificates in our Secret, the program's arguments after ours, the client's key only in GitLab", async () => {
    const receptive = { ...mutual, tlsHost: "agent.example.com" };
    const { all, only } = await declare(
      install({
        receptive,
        values: {
          extraArgs: ["--log-level=debug"],
          extraVolumes: [{ name: "own", configMap: { name: "own" } }],
          extraVolumeMounts: [{ name: "own", mountPath: "/own" }],
        },
      }),
    );
    expect(only(URL_CONFIG).inputs).toMatchObject({
      clientCert: "CLIENT CERT",
      clientKey: "CLIENT KEY",
      caCert: "CA",
      tlsHost: "agent.example.com",
    });
    expect(only(SECRET).inputs["stringData"]).toEqual({
      token: `${TOKEN}-1`,
      "client-ca.crt": "CLIENT CERT",
      "tls.crt": "SERVER CERT",
      "tls.key": "SERVER KEY",
    });
    for (const { raw } of all) expect(inClear("CLIENT KEY", raw)).toEqual([]);
    expect(inClear("SERVER KEY", only(SECRET).raw)).toEqual([]);
    expect(JSON.stringify([only(SECRET).inputs, only(RELEASE).inputs])).not.toContain("CLIENT KEY");
    const ours = values(secretName(only(SECRET)), [
      `--token-file=${folder}/token`,
      "--api-mtls",
      `--api-client-ca-cert-file=${folder}/client-ca.crt`,
      `--api-cert-file=${folder}/tls.crt`,
      `--api-key-file=${folder}/tls.key`,
    ]);
    expect(only(RELEASE).inputs["values"]).toEqual({
      ...ours,
      extraArgs: [...ours.extraArgs, "--log-level=debug"],
      extraVolumes: [...ours.extraVolumes, { name: "own", configMap: { name: "own" } }],
      extraVolumeMounts: [...ours.extraVolumeMounts, { name: "own", mountPath: "/own" }],
    });
  });

  test("with mTLS the agent trusts the given authority", async () => {
    const { only } = await declare(install({ receptive: { ...mutual, clientCaCert: "AUTHORITY" } }));
    expect(only(SECRET).inputs["stringData"]).toMatchObject({ "client-ca.crt": "AUTHORITY" });
  });

  test("mTLS without a certificate of the agent's endpoint is refused", async () => {
    const { tls: _, ...without } = mutual;
    await expect(declare(install({ receptive: without }))).rejects.toThrow(
      /"production" is given `receptive.clientCert` \(mTLS\) without `receptive.tls`/,
    );
  });

  test("the Secret's other keys and the values can be set; the token cannot", async () => {
    const { only } = await declare(
      install({
        receptive: { url, stringData: { "api-jwt": "other", more: "x", token: "nonsense" } },
        values: { config: { api: { listenAddress: ":9000" }, receptive: { enabled: false } } },
      }),
    );
    expect(only(SECRET).inputs["stringData"]).toEqual({ token: `${TOKEN}-1`, "api-jwt": "other", more: "x" });
    expect(only(RELEASE).inputs["values"]).toMatchObject({
      config: { api: { listenAddress: ":9000" }, receptive: { enabled: false } },
    });
  });

  test("other content gives the Secret another name, since pods read it only when they start", async () => {
    const withKey = (key: string) => install({ receptive: { url, tls: { cert: "C", key } } });
    const names: string[] = [];
    for (const key of ["1", "2", "1"]) {
      const { only } = await declare(withKey(key));
      names.push(secretName(only(SECRET)));
    }
    expect(names[1]).not.toBe(names[0]);
    expect(names[2]).toBe(names[0]);
  });
});

test("a preview before the creation has no errors, and its known outputs are known", async () => {
  const { only, result } = await declare(install({ receptive: { url: "grpcs://agent.example.com" } }), {
    preview: true,
  });
  expect(only(AGENT).inputs).toMatchObject({ name: "production" });
  expect(await promised(result.namespace)).toBe("gitlab-agent-production");
  expect(only(RELEASE).inputs).toMatchObject({ name: "production", namespace: "gitlab-agent-production" });
});

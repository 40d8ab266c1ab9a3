import * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { Provider } from "pulumi-gitlab-agent";
import { AgentInstallation, type AgentInstallationArgs } from "pulumi-gitlab-agent/kubernetes";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { expectEntry } from "../support/catalogue";
import { withStack, type EngineRun, type EngineStack } from "../support/engine";
import { FormerInstallation } from "../support/formerInstallation";
import { KubernetesCluster } from "../support/kubernetesCluster";

let simulator: Simulator;
let cluster: KubernetesCluster;
let env: Record<string, string>;
beforeAll(async () => {
  simulator = await startSimulator();
  cluster = await KubernetesCluster.start(simulator);
  env = { GITLAB_BASE_URL: simulator.url, GITLAB_TOKEN: simulator.tokens["maintainer"]!, ...cluster.env };
});
afterAll(async () => {
  await cluster.close();
  await simulator.close();
});

// The lookup of the agent server's address runs in the program's process, which is the test's own.
const originalEnvironment = { ...process.env };
beforeEach(() => {
  simulator.reset();
  cluster.reset();
  Object.assign(process.env, { GITLAB_BASE_URL: env["GITLAB_BASE_URL"], GITLAB_TOKEN: env["GITLAB_TOKEN"] });
});
afterEach(() => void (process.env = { ...originalEnvironment }));

const install =
  (args: AgentInstallationArgs = {}, opts?: pulumi.ComponentResourceOptions, name = "production") =>
  () => {
    const { release, token } = new AgentInstallation(name, { project: "group/app", ...args }, opts);
    return Promise.resolve({ token: token.token, release: release.name });
  };
const month = (value: string, args: AgentInstallationArgs = {}) =>
  install({ ...args, tokenRotationTriggers: { month: value } });
const changes = ({ changed }: EngineRun) =>
  changed.map(({ op, type }) => `${op} ${type.slice(type.lastIndexOf(":") + 1)}`);
const active = () => simulator.state.activeTokens().map(({ id }) => id);

test("update, rotation, a rotation whose pods do not start, destroy: there is always a working token", async () => {
  await withStack({ program: month("2026-11"), env }, async (stack) => {
    const up = await stack.up();
    expect(cluster.timeline()).toEqual([
      "POST …",
      "POST …/1/tokens",
      "create Namespace gitlab-agent-production",
      "create Secret production-token-1",
      "create Release production",
    ]);
    const [first] = simulator.state.tokens;
    expect(cluster.only("Secret").inputs["stringData"]).toEqual({ token: first!.secret });
    const release = cluster.only("Release");
    expect(release.inputs["values"]).toEqual({
      config: { secretName: "production-token-1", kasAddress: "wss://kas.gitlab.example.com" },
    });
    expect(cluster.connected(release)).toBe(true);
    // The secret is not in the output and not in clear in any file: state, settings, logs.
    expect(up.outputs["token"]).toEqual({ value: first!.secret, secret: true });
    for (const text of [up.output, ...stack.allFiles()]) expect(text).not.toContain(first!.secret);

    // Neither preview nor refresh writes or changes anything.
    const before = cluster.now();
    expect((await stack.preview({ expectNoChanges: true })).changed).toEqual([]);
    expect((await stack.refresh({ expectNoChanges: true })).changed).toEqual([]);
    expect(cluster.timeline(before)).toEqual([]);

    stack.program = month("2026-12");
    const rotation = await stack.up();
    expect(cluster.timeline(before)).toEqual([
      "POST …/1/tokens",
      "create Secret production-token-2",
      "update Release production",
      "delete Secret production-token-1",
      "DELETE …/1/tokens/1",
    ]);
    // The same order in the engine's events.
    const steps = changes(rotation);
    // Secret and connection are deleted in either order, the token last.
    steps.splice(-3, 2, ...steps.slice(-3, -1).sort());
    expect(steps).toEqual([
      "create-replacement AgentToken",
      "replace AgentToken",
      "create-replacement Secret",
      "replace Secret",
      "update Release",
      "create-replacement AgentConnection",
      "replace AgentConnection",
      "delete-replaced AgentConnection",
      "delete-replaced Secret",
      "delete-replaced AgentToken",
    ]);
    expect(active()).toEqual([2]);
    expect(cluster.connected(cluster.only("Release"))).toBe(true);

    // The pods do not become ready: the release's update fails, and the earlier pods keep working.
    const third = cluster.now();
    stack.program = month("2027-01");
    cluster.refuse = (op, { kind }) =>
      op === "update" && kind === "Release" ? "timed out waiting for pods" : undefined;
    expect((await stack.up({ expectFailure: true })).output).toContain("timed out waiting for pods");
    expect(cluster.timeline(third)).toEqual(["POST …/1/tokens", "create Secret production-token-3"]);
    expect(active()).toEqual([2, 3]);
    expect(cluster.all("Secret").map(({ name }) => name)).toEqual(["production-token-2", "production-token-3"]);
    expect(cluster.connected(cluster.only("Release"))).toBe(true);

    const healed = cluster.now();
    cluster.refuse = () => undefined;
    await stack.up();
    expect(cluster.timeline(healed).sort()).toEqual([
      "DELETE …/1/tokens/2",
      "delete Secret production-token-2",
      "update Release production",
    ]);
    expect(active()).toEqual([3]);
    expect(cluster.connected(cluster.only("Release"))).toBe(true);

    // The pods start and are ready, but never reach GitLab: the wait for their call fails, and the earlier token keeps working.
    const fourth = cluster.now();
    cluster.connects = false;
    stack.program = month("2027-02", { connectionTimeout: 3 });
    const unconnected = await stack.up({ expectFailure: true });
    expect(unconnected.output).toMatch(/use token 4: GitLab saw no use of the token within 3 s.*Nothing was revoked/);
    expect(cluster.timeline(fourth)).toEqual([
      "POST …/1/tokens",
      "create Secret production-token-4",
      "update Release production",
    ]);
    expect(active()).toEqual([3, 4]);
    expect(cluster.all("Secret").map(({ name }) => name)).toEqual(["production-token-3", "production-token-4"]);

    // The token is used now: no additional token, and the old one is revoked last.
    const connected = cluster.now();
    simulator.state.markTokenUsed(4);
    await stack.up();
    expect(cluster.timeline(connected)).toEqual(["delete Secret production-token-3", "DELETE …/1/tokens/3"]);
    expect(active()).toEqual([4]);

    const last = cluster.now();
    await stack.destroy();
    const gone = cluster.timeline(last);
    expect(gone.slice(0, 2)).toEqual(["delete Release production", "delete Secret production-token-4"]);
    expect(gone).toContain("DELETE …/1");
    expect(cluster.objects.size).toBe(0);
    expect(simulator.state.agents).toEqual([]);
  });
});

test("both slots taken: the old token is revoked first; another agent name: everything is replaced, created first", async () => {
  await withStack({ program: month("2026-11"), env }, async (stack) => {
    await stack.up();
    const byHand = simulator.state.createToken(simulator.state.agent("production").id, "by hand").id;
    const before = cluster.now();
    stack.program = month("2026-12");
    await stack.up();
    const order = cluster.timeline(before);
    expect(order.indexOf("DELETE …/1/tokens/1")).toBeLessThan(order.indexOf("POST …/1/tokens"));
    expect(order.at(-1)).toBe("update Release production");
    expect(active()).toHaveLength(2);
    expect(active()).toContain(byHand);
    expect(cluster.connected(cluster.only("Release"))).toBe(true);

    const renamed = cluster.now();
    stack.program = month("2026-12", { agentName: "live" });
    await stack.up();
    const moved = cluster.timeline(renamed);
    const at = (event: string) => {
      expect(moved).toContain(event);
      return moved.indexOf(event);
    };
    expect(at("create Release live")).toBeLessThan(at("delete Release production"));
    expect(at("delete Release production")).toBeLessThan(at("DELETE …/1"));
    expect(cluster.only("Release")).toMatchObject({ name: "live", namespace: "gitlab-agent-live" });
    expect(simulator.state.agents.map(({ name }) => name)).toEqual(["live"]);
    expect(cluster.connected(cluster.only("Release"))).toBe(true);
  });
});

test("an agent becomes receptive: the pods' Secrets after a rotation and another URL; the chart keeps its own Secret", async () => {
  const receptive = { url: "grpcs://agent.example.com:443" };
  const content = () => cluster.only("Secret").inputs["stringData"] as Record<string, string>;
  const privateJwt = () => cluster.helm.secret("production-gitlab-agent-token");
  const read = () => ({ ...content(), ...privateJwt() });
  await withStack({ program: month("2026-11"), env }, async (stack) => {
    await stack.up();
    expect(Object.keys(content())).toEqual(["token"]);
    expect(privateJwt()).toBeUndefined();

    stack.program = month("2026-11", { receptive });
    await stack.up();
    const [config] = simulator.state.urlConfigurations;
    const first = content();
    expect(first).toEqual({ token: simulator.state.tokens[0]!.secret, "api-jwt": config!.publicKey });
    expect(Object.keys(privateJwt()!)).toEqual(["private-api-jwt"]);
    expect(cluster.only("Release").pods).toEqual(read());
    const ofTheChart = privateJwt();

    expect((await stack.preview({ expectNoChanges: true })).changed).toEqual([]);
    stack.program = month("2026-12", { receptive });
    await stack.up();
    expect(content()["api-jwt"]).toBe(first["api-jwt"]);
    expect(content()["token"]).not.toBe(first["token"]);
    expect(privateJwt()).toEqual(ofTheChart);
    expect(cluster.only("Release").pods).toEqual(read());

    // Another URL is another configuration with another key, so the pods must be updated.
    stack.program = month("2026-12", { receptive: { url: "grpcs://elsewhere.example.com:443" } });
    await stack.up();
    expect(content()["api-jwt"]).toBe(simulator.state.urlConfigurations[0]!.publicKey);
    expect(content()["api-jwt"]).not.toBe(first["api-jwt"]);
    expect(cluster.only("Release").pods).toEqual(read());
    await stack.destroy();
    expect(cluster.objects.size + cluster.helm.createdObjects.length + simulator.state.agents.length).toBe(0);
  });
});

describe("a stack with the receptive agent of version 0.1.0, which used a Stash, is updated without an error", () => {
  const url = "grpcs://agent.example.com:443";
  const former = () => {
    new FormerInstallation("production", url);
    return Promise.resolve({});
  };
  const updated = async (stack: EngineStack) => {
    stack.program = month("2026-11", { receptive: { url } });
    const up = changes(await stack.up());
    expect(up).toContain("delete Stash");
    expect(cluster.only("Release").pods).toMatchObject({ token: simulator.state.tokens[0]!.secret });
    expect(cluster.connected(cluster.only("Release"))).toBe(true);
    expect(active()).toEqual([1]);
    expect((await stack.preview({ expectNoChanges: true })).changed).toEqual([]);
    expect(JSON.stringify(await stack.exportState())).not.toContain("pulumi:index:Stash");
    return up;
  };

  test("whose release Helm refused", async () => {
    await withStack({ program: former, env }, async (stack) => {
      expect((await stack.up({ expectFailure: true })).output).toMatch(/invalid ownership metadata/);
      expect(cluster.all("Release")).toEqual([]);
      expect(await updated(stack)).toContain("create Release");
    });
  });

  test("whose release exists", async () => {
    cluster.rendersChart = false;
    await withStack({ program: former, env }, async (stack) => {
      await stack.up();
      cluster.rendersChart = true;
      expect(await updated(stack)).toContain("update Release");
      await stack.destroy();
      expect(cluster.objects.size + cluster.helm.createdObjects.length + simulator.state.agents.length).toBe(0);
    });
  });
});

test("as a component: providers, dependsOn, protect, aliases, transforms", async () => {
  const inEdge =
    (name: string, opts: pulumi.ComponentResourceOptions = {}) =>
    async () => {
      const gitlab = new Provider("gitlab", { baseUrl: env["GITLAB_BASE_URL"]!, token: env["GITLAB_TOKEN"]! });
      const edge = new kubernetes.Provider("edge", { context: "edge" });
      const quota = new kubernetes.core.v1.Namespace("first", { metadata: { name: "first" } }, { provider: edge });
      await install({}, { providers: [gitlab, edge], dependsOn: quota, ...opts }, name)();
      return {};
    };
  // The settings come only from the provider.
  const { GITLAB_BASE_URL: _, GITLAB_TOKEN: __, ...bare } = env;
  delete process.env["GITLAB_BASE_URL"];
  delete process.env["GITLAB_TOKEN"];
  const transforms: pulumi.ResourceTransform[] = [
    ({ type, props, opts }) =>
      type === "kubernetes:helm.sh/v3:Release" ? { props: { ...props, timeout: 600 }, opts } : undefined,
  ];
  await withStack({ program: inEdge("edge", { protect: true, transforms }), env: bare }, async (stack) => {
    await stack.up();
    expect(cluster.timeline()[0]).toBe("create Namespace first");
    expect(new Set([...cluster.objects.values()].map(({ context }) => context))).toEqual(new Set(["edge"]));
    expect(cluster.only("Release").inputs["timeout"]).toBe(600);
    expect((await stack.destroy({ expectFailure: true })).output).toContain("protected");
    expect(cluster.connected(cluster.only("Release"))).toBe(true);

    // Another name of the component changes nothing in it, if an alias names the old one.
    const before = cluster.now();
    stack.program = inEdge("border", { transforms, aliases: [{ name: "edge" }] });
    expect(changes(await stack.up())).toEqual([]);
    expect(cluster.timeline(before)).toEqual([]);
    await stack.destroy();
    expect(cluster.objects.size + simulator.state.agents.length).toBe(0);
  });
});

test("invalid arguments are reported in one paragraph, without a stack, before anything is created", async () => {
  await withStack({ env }, async (stack) => {
    const errorOf = async (program: () => Promise<Record<string, unknown>>) => {
      stack.program = program;
      const { output } = await stack.preview({ expectFailure: true });
      expect(output).not.toMatch(/^\s+at /m);
      return output;
    };
    expect(await errorOf(install({ values: { config: { token: "glagent-canary" } } }))).toMatch(
      /the token is never a Helm value/,
    );
    const mutual = { url: "grpcs://a.example.com", clientCert: "C", clientKey: "K" };
    expect(await errorOf(install({ receptive: mutual }))).toMatch(
      /without `receptive.tls`: the agent's endpoint would have no/,
    );
    expect(await errorOf(install({ project: undefined }))).toMatch(
      /"production" is given neither `agent` nor `project`/,
    );
    const off = await errorOf(install({ kasAddress: Promise.resolve("") }));
    expectEntry("GitLab's agent server is disabled", /GitLab reports no address.*/.exec(off)?.[0] ?? off);
  });
  expect(cluster.timeline()).toEqual([]);
});

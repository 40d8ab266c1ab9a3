import * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { Provider } from "pulumi-gitlab-agent";
import { AgentInstallation, type AgentInstallationArgs } from "pulumi-gitlab-agent/kubernetes";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { expectEntry } from "../support/catalogue";
import { withStack, type EngineRun } from "../support/engine";
import { FormerInstallation } from "../support/formerInstallation";
import { KubernetesCluster, type ClusterObject } from "../support/kubernetesCluster";

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
const month = (value: string, args: AgentInstallationArgs = {}, name = "production") =>
  install({ ...args, tokenRotationTriggers: { month: value } }, {}, name);
const changes = ({ changed }: EngineRun, name = "production") =>
  changed
    .filter((step) => step.name.startsWith(name))
    .map(({ op, type }) => `${op} ${type.slice(type.lastIndexOf(":") + 1)}`);

/** The only object of a kind in an installation. */
function only(kind: ClusterObject["kind"], installation: string): ClusterObject {
  const found = cluster.all(kind).filter(({ namespace }) => namespace === `gitlab-agent-${installation}`);
  expect(found).toHaveLength(1);
  return found[0]!;
}

// Three installations in one stack, since none of them is to change what happens to another.
test("update, rotation, a rotation whose pods do not start, destroy: there is always a working token; both slots taken; another agent name; an agent becomes receptive", async () => {
  const { state } = simulator;
  const ids: Record<string, number> = {};
  /** An agent's tokens as their numbers among all tokens that it has had: 1, 2, … */
  const numbered = (name: string, tokenId: number | string) =>
    state.tokens.filter(({ agentId }) => agentId === ids[name]).findIndex(({ id }) => id === Number(tokenId)) + 1;
  const active = (name: string) => state.activeTokens(ids[name]).map(({ id }) => numbered(name, id));
  /** What happened in an installation that exists, with its tokens' numbers and without its agent's id: `DELETE …/tokens/1`. */
  const happened = (name: string, from?: ReturnType<KubernetesCluster["now"]>) =>
    cluster
      .timeline(from)
      .filter((line) => line.includes(name) || `${line}/`.includes(`…/${ids[name]}/`))
      .map((line) =>
        line
          .replace(`…/${ids[name]}`, "…")
          .replace(/(?<=-token-|tokens\/)\d+/, (tokenId) => String(numbered(name, tokenId))),
      );
  const secrets = () =>
    cluster
      .all("Secret")
      .filter(({ namespace }) => namespace === "gitlab-agent-production")
      .map(({ name }) => numbered("production", name.replace("production-token-", "")));

  const url = "grpcs://agent.example.com:443";
  const content = () => only("Secret", "receptive").inputs["stringData"] as Record<string, string>;
  const privateJwt = () => cluster.helm.secret("receptive-gitlab-agent-token");
  const read = () => ({ ...content(), ...privateJwt() });

  /** The month of each installation's token, and its other arguments. */
  const declared: Record<"production" | "full" | "receptive", [month: string, args?: AgentInstallationArgs]> = {
    production: ["2026-11"],
    full: ["2026-11"],
    receptive: ["2026-11"],
  };
  const program = async () => {
    const installations = Object.entries(declared).map(([name, [when, args]]) => month(when, args, name)());
    return (await Promise.all(installations))[0]!;
  };
  await withStack({ program, env }, async (stack) => {
    const up = await stack.up();
    for (const name of ["production", "full", "receptive"]) ids[name] = state.agent(name).id;
    expect(cluster.timeline().filter((line) => line === "POST …")).toHaveLength(3);
    const created = happened("production");
    // Token and namespace come in either order.
    expect(created.splice(0, 2).sort()).toEqual(["POST …/tokens", "create Namespace gitlab-agent-production"]);
    expect(created).toEqual(["create Secret production-token-1", "create Release production"]);
    const [first] = state.activeTokens(ids["production"]);
    expect(only("Secret", "production").inputs["stringData"]).toEqual({ token: first!.secret });
    const release = only("Release", "production");
    expect(release.inputs["values"]).toEqual({
      config: { secretName: `production-token-${first!.id}`, kasAddress: "wss://kas.gitlab.example.com" },
    });
    expect(cluster.connected(release)).toBe(true);
    // The secret is not in the output and not in clear in any file: state, settings, logs.
    expect(up.outputs["token"]).toEqual({ value: first!.secret, secret: true });
    for (const text of [up.output, ...stack.allFiles()]) expect(text).not.toContain(first!.secret);
    expect(Object.keys(content())).toEqual(["token"]);
    expect(privateJwt()).toBeUndefined();

    const before = cluster.now();
    const byHand = state.createToken(ids["full"]!, "by hand").id;
    declared.production = ["2026-12"];
    declared.full = ["2026-12"];
    declared.receptive = ["2026-11", { receptive: { url } }];
    const rotation = await stack.up();
    expect(happened("production", before)).toEqual([
      "POST …/tokens",
      "create Secret production-token-2",
      "update Release production",
      "delete Secret production-token-1",
      "DELETE …/tokens/1",
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
    expect(active("production")).toEqual([2]);
    expect(cluster.connected(only("Release", "production"))).toBe(true);

    // Both slots taken: the old token is revoked first.
    const order = happened("full", before);
    expect(order).toContain("DELETE …/tokens/1");
    expect(order.indexOf("DELETE …/tokens/1")).toBeLessThan(order.indexOf("POST …/tokens"));
    expect(order.at(-1)).toBe("update Release full");
    expect(active("full")).toHaveLength(2);
    expect(state.activeTokens(ids["full"]).map(({ id }) => id)).toContain(byHand);
    expect(cluster.connected(only("Release", "full"))).toBe(true);

    // An agent becomes receptive: the chart makes a Secret of its own.
    const [config] = state.urlConfigurations;
    const receptive = content();
    const [itsToken] = state.activeTokens(ids["receptive"]);
    expect(receptive).toEqual({ token: itsToken!.secret, "api-jwt": config!.publicKey });
    expect(Object.keys(privateJwt()!)).toEqual(["private-api-jwt"]);
    expect(only("Release", "receptive").pods).toEqual(read());
    const ofTheChart = privateJwt();

    // Neither preview nor refresh writes or changes anything.
    const changed = cluster.now();
    expect((await stack.preview({ expectNoChanges: true })).changed).toEqual([]);
    expect((await stack.refresh({ expectNoChanges: true })).changed).toEqual([]);
    expect(cluster.timeline(changed)).toEqual([]);

    // The pods do not become ready: the release's update fails, and the earlier pods keep working.
    const third = cluster.now();
    declared.production = ["2027-01"];
    cluster.refuse = (op, { kind }) =>
      op === "update" && kind === "Release" ? "timed out waiting for pods" : undefined;
    expect((await stack.up({ expectFailure: true })).output).toContain("timed out waiting for pods");
    expect(happened("production", third)).toEqual(["POST …/tokens", "create Secret production-token-3"]);
    expect(active("production")).toEqual([2, 3]);
    expect(secrets()).toEqual([2, 3]);
    expect(cluster.connected(only("Release", "production"))).toBe(true);

    const healed = cluster.now();
    cluster.refuse = () => undefined;
    declared.full = ["2026-12", { agentName: "live" }];
    declared.receptive = ["2026-12", { receptive: { url } }];
    await stack.up();
    expect(happened("production", healed).sort()).toEqual([
      "DELETE …/tokens/2",
      "delete Secret production-token-2",
      "update Release production",
    ]);
    expect(active("production")).toEqual([3]);
    expect(cluster.connected(only("Release", "production"))).toBe(true);

    // Another agent name: everything is replaced, created first.
    const moved = cluster.timeline(healed);
    const at = (event: string) => {
      expect(moved).toContain(event);
      return moved.indexOf(event);
    };
    expect(at("create Release live")).toBeLessThan(at("delete Release full"));
    expect(at("delete Release full")).toBeLessThan(at(`DELETE …/${ids["full"]}`));
    expect(cluster.all("Release").map(({ name }) => name)).not.toContain("full");
    expect(only("Release", "live").name).toBe("live");
    expect(state.agents.map(({ name }) => name).sort()).toEqual(["live", "production", "receptive"]);
    expect(cluster.connected(only("Release", "live"))).toBe(true);

    // The receptive agent's pods have the Secrets after a rotation, and the chart keeps its own Secret.
    expect(content()["api-jwt"]).toBe(receptive["api-jwt"]);
    expect(content()["token"]).not.toBe(receptive["token"]);
    expect(privateJwt()).toEqual(ofTheChart);
    expect(only("Release", "receptive").pods).toEqual(read());

    // The pods start and are ready, but never reach GitLab: the wait for their call fails, and the earlier token keeps working.
    const fourth = cluster.now();
    cluster.connects = false;
    declared.production = ["2027-02", { connectionTimeout: 3 }];
    const unconnected = await stack.up({ expectFailure: true });
    expect(unconnected.output).toMatch(/use token \d+: GitLab saw no use of the token within 3 s.*Nothing was revoked/);
    expect(happened("production", fourth)).toEqual([
      "POST …/tokens",
      "create Secret production-token-4",
      "update Release production",
    ]);
    expect(active("production")).toEqual([3, 4]);
    expect(secrets()).toEqual([3, 4]);

    // The token is used now: no additional token, and the old one is revoked last.
    const connected = cluster.now();
    const [, unused] = state.activeTokens(ids["production"]);
    expect(unconnected.output).toContain(`use token ${unused!.id}:`);
    state.markTokenUsed(unused!.id);
    declared.receptive = ["2026-12", { receptive: { url: "grpcs://elsewhere.example.com:443" } }];
    await stack.up();
    expect(happened("production", connected)).toEqual(["delete Secret production-token-3", "DELETE …/tokens/3"]);
    expect(active("production")).toEqual([4]);

    // Another URL is another configuration with another key, so the pods must be updated.
    expect(content()["api-jwt"]).toBe(state.urlConfigurations[0]!.publicKey);
    expect(content()["api-jwt"]).not.toBe(receptive["api-jwt"]);
    expect(only("Release", "receptive").pods).toEqual(read());

    const last = cluster.now();
    await stack.destroy();
    const gone = cluster.timeline(last);
    expect(gone.filter((line) => line.endsWith(" production") || line.includes(" production-token-"))).toEqual([
      "delete Release production",
      `delete Secret production-token-${unused!.id}`,
    ]);
    for (const name of ["production", "receptive"]) expect(gone).toContain(`DELETE …/${ids[name]}`);
    expect(cluster.objects.size + cluster.helm.createdObjects.length).toBe(0);
    expect(state.agents).toEqual([]);
  });
});

test("receptive agents of version 0.1.0, which used a Stash, are updated without an error, whether Helm refused the release or not; as a component: providers, dependsOn, protect, aliases, transforms", async () => {
  const url = "grpcs://agent.example.com:443";
  const providers = () => [
    new Provider("gitlab", { baseUrl: env["GITLAB_BASE_URL"]!, token: env["GITLAB_TOKEN"]! }),
    new kubernetes.Provider("edge", { context: "edge" }),
  ];
  const former =
    (...names: string[]) =>
    () => {
      const given = { providers: providers() };
      for (const name of names) new FormerInstallation(name, url, given);
      return Promise.resolve({});
    };
  const names = ["accepted", "refused"];
  const transforms: pulumi.ResourceTransform[] = [
    ({ type, props, opts }) =>
      type === "kubernetes:helm.sh/v3:Release" ? { props: { ...props, timeout: 600 }, opts } : undefined,
  ];
  // What is not protected would be destroyed.
  const program =
    (component: string, protect: boolean, opts: pulumi.ComponentResourceOptions = {}) =>
    async () => {
      const [gitlab, edge] = providers() as [Provider, kubernetes.Provider];
      for (const name of names) {
        const args = { receptive: { url }, tokenRotationTriggers: { month: "2026-11" } };
        await install(args, { providers: [gitlab, edge], protect }, name)();
      }
      const quota = new kubernetes.core.v1.Namespace("first", { metadata: { name: "first" } }, { provider: edge });
      await install({}, { providers: [gitlab, edge], dependsOn: quota, protect, transforms, ...opts }, component)();
      return {};
    };
  // The settings come only from the provider.
  const { GITLAB_BASE_URL: _, GITLAB_TOKEN: __, ...bare } = env;
  delete process.env["GITLAB_BASE_URL"];
  delete process.env["GITLAB_TOKEN"];
  // In the cluster of 0.1.0's own tests, every release was accepted unseen.
  cluster.rendersChart = false;
  await withStack({ program: former("accepted"), env: bare }, async (stack) => {
    await stack.up();
    cluster.rendersChart = true;
    stack.program = former(...names);
    expect((await stack.up({ expectFailure: true })).output).toMatch(/invalid ownership metadata/);
    expect(cluster.all("Release").map(({ name }) => name)).toEqual(["accepted"]);

    const added = cluster.now();
    stack.program = program("edge", true);
    const updated = await stack.up();
    expect(changes(updated, "accepted")).toContain("update Release");
    expect(changes(updated, "refused")).toContain("create Release");
    for (const name of names) {
      expect(changes(updated, name)).toContain("delete Stash");
      const [token, ...others] = simulator.state.activeTokens(simulator.state.agent(name).id);
      expect(others).toEqual([]);
      expect(only("Release", name).pods).toMatchObject({ token: token!.secret });
      expect(cluster.connected(only("Release", name))).toBe(true);
    }
    // One token for each of the three installations.
    expect(simulator.state.tokens).toHaveLength(3);
    expect(JSON.stringify(await stack.exportState())).not.toContain("pulumi:index:Stash");

    const happened = cluster.timeline(added);
    const edge = happened.filter((line) => /^POST|edge|Namespace first/.test(line));
    expect(edge[0]).toBe("create Namespace first");
    expect(edge.slice(1).sort()).toEqual([
      "POST …",
      expect.stringMatching(/^POST …\/\d+\/tokens$/),
      "create Namespace gitlab-agent-edge",
      "create Release edge",
      expect.stringMatching(/^create Secret edge-token-\d+$/),
    ]);
    expect(new Set([...cluster.objects.values()].map(({ context }) => context))).toEqual(new Set(["edge"]));
    expect(only("Release", "edge").inputs["timeout"]).toBe(600);
    expect((await stack.preview({ expectNoChanges: true })).changed).toEqual([]);
    expect((await stack.destroy({ expectFailure: true })).output).toContain("protected");
    expect(cluster.connected(only("Release", "edge"))).toBe(true);

    // Another name of the component changes nothing in it, if an alias names the old one.
    const before = cluster.now();
    stack.program = program("border", false, { aliases: [{ name: "edge" }] });
    expect((await stack.up()).changed).toEqual([]);
    expect(cluster.timeline(before)).toEqual([]);
    await stack.destroy();
    expect(cluster.objects.size + cluster.helm.createdObjects.length + simulator.state.agents.length).toBe(0);
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

import { ComponentResource, secret, type CustomResourceOptions } from "@pulumi/pulumi";
import * as dynamic from "pulumi-gitlab-agent";
import { AgentInstallation, type AgentInstallationArgs } from "pulumi-gitlab-agent/kubernetes";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { certificateAuthority, type KeyedCertificate } from "../support/certificates";
import { declareNatively } from "../support/door";
import { withStack, type EngineStack } from "../support/engine";
import { KubernetesCluster } from "../support/kubernetesCluster";

declareNatively();

let simulator: Simulator;
let cluster: KubernetesCluster;
let pair: KeyedCertificate;
beforeAll(async () => {
  simulator = await startSimulator();
  cluster = await KubernetesCluster.start(simulator);
  pair = await (await certificateAuthority()).issue();
});
afterAll(async () => {
  await cluster.close();
  await simulator.close();
});

type Classes = Pick<
  typeof dynamic,
  "AgentConnection" | "AgentToken" | "ClusterAgent" | "Provider" | "ReceptiveUrlConfig"
>;
/** The resources that move, by type: an installation's children among them. */
const MOVED = [
  ...Array<string>(2).fill("AgentConnection"),
  ...Array<string>(3).fill("AgentToken"),
  ...Array<string>(3).fill("ClusterAgent"),
  ...Array<string>(2).fill("ReceptiveUrlConfig"),
];
/** The rest: an installation with its six children, the other installation with three objects of Kubernetes, and the stack. */
const REST = 7 + 4 + 1;
const HEADER = "a-canary-header";

/** A component of TypeScript, or the plugin's. */
type Install = (name: string, args: AgentInstallationArgs) => void;
const dynamically: Install = (name, args) => void new AgentInstallation(name, args);
const natively: Install = (name, args) =>
  void new ComponentResource("gitlab-agent:kubernetes:AgentInstallation", name, args, {}, true);

/** The same resources as dynamic resources or by the plugin: by an explicit provider and by the stack's. One installation stays dynamic. */
function program(
  classes: Classes,
  project: string,
  install: Install = dynamically,
  optionsOf: (kind: string) => CustomResourceOptions = () => ({}),
) {
  return () => {
    const token = secret(simulator.tokens["maintainer"] ?? "");
    const settings = { baseUrl: simulator.url, token, headers: { "X-Gateway": HEADER } };
    const provider = new classes.Provider("internal", settings);
    const by = (kind: string) => ({ provider, ...optionsOf(kind) });
    const agent = new classes.ClusterAgent("agent", { project }, by("ClusterAgent"));
    const on = { project, agentId: agent.agentId };
    const first = new classes.AgentToken("token", { ...on, rotationTriggers: { month: "1" } }, by("AgentToken"));
    new classes.AgentToken("second", { ...on, description: "The other slot" }, by("AgentToken"));
    const url = "grpcs://agent.example.com:443";
    const mtls = { clientCert: pair.cert, clientKey: pair.key, caCert: pair.cert, tlsHost: "agent.example.com" };
    new classes.ReceptiveUrlConfig("mtls", { ...on, url, ...mtls }, by("ReceptiveUrlConfig"));
    new classes.AgentConnection("connection", { ...on, tokenId: first.tokenId }, by("AgentConnection"));

    const byNumber = new classes.ClusterAgent("by-number", { project: 101 }, optionsOf("ClusterAgent"));
    new classes.ReceptiveUrlConfig(
      "jwt",
      { project: 101, agentId: byNumber.agentId, url },
      optionsOf("ReceptiveUrlConfig"),
    );
    dynamically("stays", { project, kasAddress: "wss://kas.example.com" });
    install("moves", { project, tokenRotationTriggers: { month: "2026-11" } });
    return Promise.resolve({ token: first.token });
  };
}

interface Recorded {
  type: string;
  urn: string;
  inputs?: object;
  outputs?: object;
}

/** The resources of the state that move. */
async function movedIn(stack: EngineStack): Promise<Recorded[]> {
  const { deployment } = (await stack.exportState()) as { deployment: { resources: Recorded[] } };
  return deployment.resources.filter(({ type, urn }) => /[:/](index|gitlab):/.test(type) && !urn.endsWith("::stays"));
}

test("a stack moves from the dynamic resources to the plugin and back, without a replacement or a write", async () => {
  const native = (await import("../support/declared")) as unknown as Classes;
  const env = { GITLAB_BASE_URL: simulator.url, GITLAB_TOKEN: simulator.tokens["maintainer"] ?? "", ...cluster.env };
  const around = { ...process.env };
  // The component of TypeScript looks up the agent server's address in the program's own process, which is this one.
  Object.assign(process.env, { GITLAB_BASE_URL: env.GITLAB_BASE_URL, GITLAB_TOKEN: env.GITLAB_TOKEN });
  const using = setInterval(() => {
    for (const { id } of simulator.state.activeTokens()) simulator.state.markTokenUsed(id);
  }, 100);
  try {
    await withStack({ program: program(dynamic, "group/app"), env }, async (stack) => {
      const { outputs } = await stack.up();
      const agentToken = outputs["token"]?.value as string;
      const writes = () => simulator.requests.filter(({ method }) => method !== "GET").length;
      const before = { writes: writes(), cluster: cluster.now() };
      const stateAfterMove = async (op: "same" | "update") => {
        const run = await stack.up();
        expect(run.changed.map((step) => step.op)).toEqual(op === "same" ? [] : MOVED.map(() => op));
        // The explicit provider of the other package is created and deleted in the state alone.
        const counts = op === "same" ? { same: REST + MOVED.length } : { same: REST, update: MOVED.length };
        expect(run.changes).toEqual({ create: 1, delete: 1, ...counts });
        expect(run.outputs["token"]).toEqual({ value: agentToken, secret: true });
        await stack.refresh({ expectNoChanges: true });
        expect([writes(), cluster.timeline(before.cluster)]).toEqual([before.writes, []]);
        const credential = simulator.tokens["maintainer"] ?? "";
        const key = pair.key.split("\n")[1] ?? "";
        for (const hidden of [agentToken, credential, HEADER, key]) {
          expect([hidden, stack.allFiles().filter((text) => text.includes(hidden))]).toEqual([hidden, []]);
        }
        return movedIn(stack);
      };

      // The project's new path is no change, although it is declared in the same update.
      simulator.state.renameProject("group/app", "group/renamed");
      stack.program = program(native, "group/renamed", natively);
      const resources = await stateAfterMove("same");
      await stack.preview({ expectNoChanges: true });
      expect(resources.map(({ type }) => type).sort()).toEqual(MOVED.map((kind) => `gitlab-agent:index:${kind}`));

      stack.program = program(dynamic, "group/renamed", dynamically, (kind) => ({
        aliases: [{ type: `gitlab-agent:index:${kind}` }],
      }));
      // This update only reads: the state gets the text that loads the dynamic resources' provider.
      const returned = await stateAfterMove("update");
      expect(returned.map(({ type }) => type).sort()).toEqual(
        MOVED.map((kind) => `pulumi-nodejs:dynamic/gitlab:${kind}`),
      );
      // The plugin's state of a resource is no larger than that of the dynamic resources, which also has the text that loads the provider.
      const size = (list: object[]) => JSON.stringify(list).length / list.length;
      expect(size(resources)).toBeLessThanOrEqual(size(returned));

      // Without the aliases, it stays moved.
      stack.program = program(dynamic, "group/renamed");
      await stack.preview({ expectNoChanges: true });
      await stack.destroy();
      expect(cluster.objects.size + simulator.state.agents.length).toBe(0);
    });
  } finally {
    clearInterval(using);
    process.env = around;
  }
});

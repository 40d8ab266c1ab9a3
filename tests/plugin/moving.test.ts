import { secret, type CustomResourceOptions } from "@pulumi/pulumi";
import * as dynamic from "pulumi-gitlab-agent";
import { AgentInstallation } from "pulumi-gitlab-agent/kubernetes";
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
const KINDS = ["AgentConnection", "AgentToken", "AgentToken", "ClusterAgent", "ClusterAgent"];
/** The resources that move, by type. */
const MOVED = [...KINDS, "ReceptiveUrlConfig", "ReceptiveUrlConfig"];
const HEADER = "a-canary-header";

/** The same resources as dynamic resources or by the plugin: by an explicit provider and by the stack's. The installation stays dynamic. */
function program(classes: Classes, project: string, optionsOf: (kind: string) => CustomResourceOptions = () => ({})) {
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
    new AgentInstallation("installed", { project, kasAddress: "wss://kas.example.com" });
    return Promise.resolve({ token: first.token });
  };
}

interface Recorded {
  type: string;
  urn: string;
  inputs?: object;
  outputs?: object;
}

/** The resources of the state that move: not the children of the installation. */
async function movedIn(stack: EngineStack): Promise<Recorded[]> {
  const { deployment } = (await stack.exportState()) as { deployment: { resources: Recorded[] } };
  return deployment.resources.filter(({ type, urn }) => /[:/](index|gitlab):/.test(type) && !urn.includes("$"));
}

test("a stack moves from the dynamic resources to the plugin and back, without a replacement or a write", async () => {
  const native = (await import("../support/declared")) as unknown as Classes;
  const env = { GITLAB_BASE_URL: simulator.url, GITLAB_TOKEN: simulator.tokens["maintainer"] ?? "", ...cluster.env };
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
        // The explicit provider of the other package is created and deleted in the state alone. The rest is as it was: what moves, and
        // the component with its six children and the stack itself.
        const rest = MOVED.length + 8;
        const counts = op === "same" ? { same: rest } : { same: rest - MOVED.length, update: MOVED.length };
        expect(run.changes).toEqual({ create: 1, delete: 1, ...counts });
        expect(run.outputs["token"]).toEqual({ value: agentToken, secret: true });
        await stack.refresh({ expectNoChanges: true });
        await stack.preview({ expectNoChanges: true });
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
      stack.program = program(native, "group/renamed");
      const resources = await stateAfterMove("same");
      expect(resources.map(({ type }) => type).sort()).toEqual(MOVED.map((kind) => `gitlab-agent:index:${kind}`));

      stack.program = program(dynamic, "group/renamed", (kind) => ({
        aliases: [{ type: `gitlab-agent:index:${kind}` }],
      }));
      // This update only reads: the state gets the text that loads the dynamic resources' provider.
      const back = await stateAfterMove("update");
      expect(back.map(({ type }) => type).sort()).toEqual(MOVED.map((kind) => `pulumi-nodejs:dynamic/gitlab:${kind}`));
      // The plugin's state of a resource is no larger than that of the dynamic resources, which also has the text that loads the provider.
      const size = (list: object[]) => JSON.stringify(list).length / list.length;
      expect(size(resources)).toBeLessThanOrEqual(size(back));

      // Without the aliases, it stays moved.
      stack.program = program(dynamic, "group/renamed");
      await stack.preview({ expectNoChanges: true });
      await stack.destroy();
      expect(simulator.state.agents).toEqual([]);
    });
  } finally {
    clearInterval(using);
  }
});

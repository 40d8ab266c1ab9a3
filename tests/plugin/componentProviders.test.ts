import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import type * as Declared from "../support/declared";
import { expectEntry } from "../support/catalogue";
import { declareNatively } from "../support/door";
import { withStack } from "../support/engine";
import { KubernetesCluster } from "../support/kubernetesCluster";

declareNatively();

let simulator: Simulator;
let cluster: KubernetesCluster;
let declared: typeof Declared;
beforeAll(async () => {
  simulator = await startSimulator();
  cluster = await KubernetesCluster.start(simulator);
  declared = await import("../support/declared");
});
afterAll(async () => {
  await cluster.close();
  await simulator.close();
});
beforeEach(() => {
  simulator.reset();
  cluster.reset();
});

const OUTPUTS = ["agent", "token", "connection", "urlConfig", "namespace", "secretName", "releaseName"];

/** The component as a generated SDK has it. */
class Remote extends pulumi.ComponentResource {
  constructor(name: string, args: pulumi.Inputs, opts?: pulumi.ComponentResourceOptions) {
    const outputs = Object.fromEntries(OUTPUTS.map((output) => [output, undefined]));
    super("gitlab-agent:kubernetes:AgentInstallation", name, { ...outputs, ...args }, opts, true);
  }
}
const of = (component: Remote) => component as unknown as Record<string, pulumi.Output<unknown>>;

test("explicit providers, an agent that is passed as a resource, secret arguments of a receptive agent, transforms, errors", async () => {
  const credential = simulator.tokens["maintainer"] ?? "";
  // An installation that is refused creates nothing in a cluster, so it needs no provider of Kubernetes, which would be started.
  const declare = (args: pulumi.Inputs, clusters: pulumi.ProviderResource[] = []) => {
    const gitlab = new declared.Provider("gitlab", { baseUrl: simulator.url, token: credential });
    const agent = new declared.ClusterAgent("shared", { project: "group/app" }, { provider: gitlab });
    const transforms: pulumi.ResourceTransform[] = [
      ({ type, props, opts }) =>
        type === "kubernetes:helm.sh/v3:Release" ? { props: { ...props, timeout: 600 }, opts } : undefined,
    ];
    return new Remote("edge", { agent, ...args }, { providers: [gitlab, ...clusters], transforms });
  };
  const tls = { cert: "-----CERT-----", key: pulumi.secret("canary-key") };
  const receptive = { url: "grpcs://agent.example.com:443", tls };
  // Neither the stack's configuration nor the environment says where GitLab is: only the provider does.
  await withStack({ env: cluster.env }, async (stack) => {
    const told = async (args: pulumi.Inputs) => {
      stack.program = async () => void declare(args);
      const { output } = await stack.preview({ expectFailure: true });
      // Pulumi's SDK may print a stack of the program, which is this process; never one of the component.
      expect(output).not.toContain("component.cjs");
      expect(output).not.toContain("canary-key");
      return /'edge' has a problem: (.* GLA\d{4})/.exec(output)?.[1] ?? output;
    };
    const wrong = await told({ awaitConnection: "perhaps" });
    expectEntry("AgentInstallation: an argument that must be known", wrong.replace('"edge"', '"production"'));
    expect(await told({ tokenRotation: {} })).toMatch(
      /^`tokenRotation` is not an argument of AgentInstallation "edge". Its arguments are `agent`, .* GLA2001$/,
    );
    expect(await told({ project: "group/app" })).toMatch(/is given both `agent` and `project`.* GLA2016$/);
    const mutual = { url: receptive.url, clientCert: "C", clientKey: pulumi.secret("canary-key") };
    expect(await told({ receptive: mutual })).toMatch(/without `receptive.tls`.* GLA2017$/);
    expect(cluster.timeline()).toEqual([]);

    stack.program = async () => {
      const edge = new kubernetes.Provider("edge", { context: "edge" });
      const component = declare({ receptive }, [edge]);
      return { secret: of(component)["secretName"], key: pulumi.secret("canary-key") };
    };
    const up = await stack.up();
    expect(new Set([...cluster.objects.values()].map(({ context }) => context))).toEqual(new Set(["edge"]));
    expect(cluster.only("Release").inputs["timeout"]).toBe(600);
    expect(simulator.state.agents.map(({ name }) => name)).toEqual(["shared"]);
    const [config] = simulator.state.urlConfigurations;
    expect(cluster.only("Secret").inputs["stringData"]).toEqual({
      token: simulator.state.tokens[0]?.secret,
      "api-jwt": config?.publicKey,
      "tls.crt": "-----CERT-----",
      "tls.key": "canary-key",
    });
    expect(up.outputs["secret"]?.value).toMatch(/^shared-token-1-[0-9a-f]{8}$/);
    for (const text of [up.output, ...stack.stateFiles()]) expect(text).not.toContain("canary-key");
    expect((await stack.preview({ expectNoChanges: true })).changed).toEqual([]);
    await stack.destroy();
    expect(cluster.objects.size + cluster.helm.createdObjects.length + simulator.state.agents.length).toBe(0);
  });
});

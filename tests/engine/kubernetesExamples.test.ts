import { X509Certificate } from "node:crypto";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { KubernetesCluster } from "../support/kubernetesCluster";
import { withProject, type Project, type ProjectOptions } from "../support/project";

let simulator: Simulator;
let cluster: KubernetesCluster;
beforeAll(async () => {
  simulator = await startSimulator();
  cluster = await KubernetesCluster.start(simulator);
});
afterAll(async () => {
  await cluster.close();
  await simulator.close();
});
beforeEach(() => {
  simulator.reset();
  cluster.reset();
});

const ROTATION = [
  "POST …/1/tokens",
  expect.stringMatching(/^create Secret /),
  "update Release production",
  expect.stringMatching(/^delete Secret /),
  "DELETE …/1/tokens/1",
];

/** An example as a whole project, run by the real CLI. `make types` checks the examples' types, once for all tests. */
function withExample(example: string, use: (project: Project) => Promise<void>): Promise<void> {
  const options: ProjectOptions = {
    from: `examples/${example}`,
    env: {
      GITLAB_BASE_URL: simulator.url,
      GITLAB_TOKEN: simulator.tokens["maintainer"]!,
      PULUMI_NODEJS_TRANSPILE_ONLY: "true",
      ...cluster.env,
    },
  };
  return withProject(options, use);
}
const up = (project: Project, ...config: string[]) =>
  project.pulumi(["up", "--yes", "--skip-preview", ...config.flatMap((setting) => ["--config", setting])]);
const expectNothingLeft = () =>
  expect([...cluster.objects.keys(), ...cluster.helm.createdObjects, ...simulator.state.agents]).toEqual([]);

/** No token of GitLab is in Helm's records, nor in clear in Pulumi's state. */
function expectTokensHidden(project: Project): void {
  for (const { secret } of simulator.state.tokens) {
    for (const { inputs } of cluster.all("Release")) expect(JSON.stringify(inputs)).not.toContain(secret);
    for (const file of project.stateFiles()) expect(file).not.toContain(secret);
  }
}

test("examples/helm: a Secret and a release without the component, rotated", async () => {
  await withExample("helm", async (project) => {
    await up(project);
    expect(cluster.only("Release")).toMatchObject({
      name: "production",
      inputs: {
        chart: "gitlab-agent",
        repositoryOpts: { repo: "https://charts.gitlab.io" },
        values: { config: { secretName: cluster.only("Secret").name, kasAddress: "wss://kas.gitlab.example.com" } },
      },
    });
    expect(cluster.connected(cluster.only("Release"))).toBe(true);
    const before = cluster.now();
    await up(project, "month=2026-12");
    expect(cluster.timeline(before)).toEqual(ROTATION);
    expect(cluster.connected(cluster.only("Release"))).toBe(true);
    expectTokensHidden(project);
    await project.pulumi(["destroy", "--yes", "--skip-preview"]);
    expectNothingLeft();
  });
});

test("examples/agent-installation: the component", async () => {
  await withExample("agent-installation", async (project) => {
    await up(project);
    expect(await project.outputs()).toEqual({
      agentId: 1,
      // GitLab saw the agent use the token before the update ended.
      connectedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      namespace: "gitlab-agent-production",
      release: "production",
    });
    expect(cluster.only("Release").inputs["values"]).toEqual({
      config: { secretName: "production-token-1", kasAddress: "wss://kas.gitlab.example.com" },
      rbac: { useExistingRole: "view" },
      replicas: 3,
      resources: { requests: { cpu: "50m", memory: "64Mi" } },
    });
    expect(cluster.connected(cluster.only("Release"))).toBe(true);
    expectTokensHidden(project);
    await project.pulumi(["destroy", "--yes", "--skip-preview"]);
    expectNothingLeft();
  });
});

test("examples/receptive-agent: with JWT, then with mTLS and certificates that do not change", async () => {
  await withExample("receptive-agent", async (project) => {
    await up(project);
    const [byJwt] = simulator.state.urlConfigurations;
    expect(await project.outputs()).toEqual({ agentId: 1, publicKey: byJwt!.publicKey });
    expect(cluster.only("Release").inputs["values"]).toMatchObject({
      config: { receptive: { enabled: true } },
      ingress: { enabled: true, hostname: "agent.example.com" },
    });
    expect(cluster.only("Release").pods).toEqual({
      token: simulator.state.tokens[0]!.secret,
      "api-jwt": byJwt!.publicKey,
      "private-api-jwt": expect.any(String),
    });

    await up(project, "mtls=true");
    const [byCertificate, ...others] = simulator.state.urlConfigurations;
    expect(others).toEqual([]);
    expect(byCertificate!.publicKey).toBeNull();
    const content = cluster.only("Secret").inputs["stringData"] as Record<string, string>;
    expect(Object.keys(content).sort()).toEqual(["client-ca.crt", "tls.crt", "tls.key", "token"]);
    expect(cluster.only("Release").pods).toEqual({ ...content, "private-api-jwt": expect.any(String) });
    // The agent trusts GitLab's client certificate, and GitLab trusts the agent's certificate.
    const certificate = (pem: string | null | undefined) => new X509Certificate(pem ?? "");
    const client = certificate(byCertificate!.clientCert);
    expect(client.verify(certificate(content["client-ca.crt"]).publicKey)).toBe(true);
    expect(certificate(content["tls.crt"]).verify(certificate(byCertificate!.caCert).publicKey)).toBe(true);
    expect(certificate(content["tls.crt"]).checkHost("agent.example.com")).toBe("agent.example.com");
    for (const file of project.stateFiles()) {
      expect(file).not.toContain("PRIVATE KEY");
    }
    expectTokensHidden(project);

    await project.pulumi(["preview", "--expect-no-changes"]);
    await project.pulumi(["destroy", "--yes", "--skip-preview"]);
    expectNothingLeft();
  });
});

test("examples/fleet: each cluster in the list has its own agent in its project, with its own credentials", async () => {
  await withExample("fleet", async (project) => {
    await up(project);
    const agents = simulator.state.agents.map(({ name, projectId }) => [name, simulator.state.project(projectId).path]);
    expect(agents.sort()).toEqual([
      ["berlin", "group/app"],
      ["oslo", "group/app"],
      ["shared-infra", "group/subgroup/infra"],
    ]);
    const releases = cluster.all("Release").map((release) => {
      expect(cluster.connected(release)).toBe(true);
      return [release.context, release.name, Number(release.inputs["values"].replicas ?? 2)];
    });
    expect(releases.sort()).toEqual([
      ["berlin", "berlin", 3],
      ["oslo", "oslo", 2],
      ["oslo", "shared-infra", 2],
    ]);
    expect(new Set(cluster.all("Release").map(({ pods }) => pods?.["token"])).size).toBe(3);
    expect(simulator.requests.filter(({ path }) => path.endsWith("/metadata"))).toHaveLength(1);
    expect(await project.outputs()).toEqual({
      agentIds: Object.fromEntries(simulator.state.agents.map(({ name, id }) => [name, id])),
    });
    expectTokensHidden(project);
    await project.pulumi(["destroy", "--yes", "--skip-preview"]);
    expectNothingLeft();
  });
});

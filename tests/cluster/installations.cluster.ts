import { readFileSync } from "node:fs";
import * as path from "node:path";
import { gunzipSync } from "node:zlib";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { withStack } from "../support/engine";
import { repository } from "../support/repository";
import { FormerInstallation } from "../support/formerInstallation";
import { withProject, type Project } from "../support/project";
import { RealCluster } from "./realCluster";
import { AgentInstallation } from "pulumi-gitlab-agent/kubernetes";

let simulator: Simulator;
let cluster: RealCluster;
beforeAll(async () => {
  simulator = await startSimulator();
  cluster = await RealCluster.start(simulator);
});
afterAll(async () => {
  await cluster?.close();
  await simulator.close();
});
beforeEach(() => {
  simulator.reset();
  cluster.kubelet.refuse = () => undefined;
});
// Removes what a failed test has left.
afterEach(() => cluster.clear());

const env = () => ({ GITLAB_BASE_URL: simulator.url, GITLAB_TOKEN: simulator.tokens["maintainer"]!, ...cluster.env });
const active = () => simulator.state.activeTokens().map(({ id }) => id);
const source = (example: string) => readFileSync(path.join(repository, "examples", example, "index.ts"), "utf8");

/** Replaces a text that must occur. */
function replaced(text: string, ...changes: [string, string][]): string {
  return changes.reduce((all, [from, to]) => {
    if (!all.includes(from)) throw new Error(`The example no longer holds ${JSON.stringify(from)}.`);
    return all.replace(from, to);
  }, text);
}

/** Gives Helm a short timeout for a rollout that fails, by a transform, as docs/helm.md says. */
const IMPATIENT = `, { transforms: [({ type, props, opts }) =>
  type === "kubernetes:helm.sh/v3:Release" ? { props: { ...props, timeout: 30 }, opts } : undefined] }`;

interface Installation {
  example: string;
  release: string;
  config?: Record<string, string>;
  /** The program, with a month that rotates the token, and with Helm's short timeout. */
  program: (month: string) => string;
  /** The files that the pods read. */
  files: string[];
}

const receptive = (month: string, ...changes: [string, string][]) =>
  replaced(
    source("receptive-agent"),
    [
      `project: config.require("project"),`,
      `project: config.require("project"), tokenRotationTriggers: { month: "${month}" },`,
    ],
    ["  },\n});", `  },\n}${IMPATIENT});`],
    ...changes,
  );
const INSTALLATIONS: [string, Installation][] = [
  [
    "plain, by hand",
    {
      example: "helm",
      release: "production",
      program: (month) =>
        replaced(
          source("helm"),
          [`{ month: config.require("month") }`, `{ month: "${month}" }`],
          [`chart: "gitlab-agent",`, `chart: "gitlab-agent", timeout: 30,`],
        ),
      files: ["token"],
    },
  ],
  [
    "plain",
    {
      example: "agent-installation",
      release: "production",
      program: (month) =>
        replaced(
          source("agent-installation"),
          ["{ month },", `{ month: "${month}" },`],
          ["  },\n});", `  },\n}${IMPATIENT});`],
        ),
      files: ["token"],
    },
  ],
  [
    "by JWT",
    { example: "receptive-agent", release: "edge", program: receptive, files: ["api-jwt", "private-api-jwt", "token"] },
  ],
  [
    "by JWT with TLS",
    {
      example: "receptive-agent",
      release: "edge",
      config: { mtls: "true" },
      program: (month) =>
        receptive(
          month,
          ["      clientCert: tls.client.cert,\n", ""],
          ["      clientKey: tls.client.key,\n", ""],
          ["      clientCaCert: tls.authority,\n", ""],
        ),
      files: ["api-jwt", "private-api-jwt", "tls.crt", "tls.key", "token"],
    },
  ],
  [
    "by mTLS",
    {
      example: "receptive-agent",
      release: "edge",
      config: { mtls: "true" },
      program: receptive,
      files: ["client-ca.crt", "private-api-jwt", "tls.crt", "tls.key", "token"],
    },
  ],
];

test.each(INSTALLATIONS)(
  "%s: update, rotation, a rollout that fails and is repaired, refresh, destroy",
  async (name, made) => {
    const { example, release, program, files, config } = made;
    const options = { from: `examples/${example}`, env: env(), config, limit: 600 };
    await withProject(options, async (project) => {
      const times: string[] = [];
      const timed = async (step: string, args: string[], fails = false) => {
        const since = Date.now();
        const { code, output } = await project.tryPulumi(args);
        times.push(`${step} ${((Date.now() - since) / 1000).toFixed(0)} s`);
        if ((code !== 0) !== fails) throw new Error(`${step}: pulumi ended with ${code}:\n${output}`);
        return output;
      };
      const up = (step: string, ...args: string[]) => timed(step, ["up", "--yes", "--skip-preview", ...args]);

      await up("up");
      expect(active()).toEqual([1]);
      const first = await cluster.pods(release);
      for (const pod of first) expect(Object.keys(pod.read ?? {}).sort()).toEqual(expect.arrayContaining(["token"]));
      expect(simulator.state.tokens[0]!.lastUsedAt).not.toBeNull();
      await timed("no change", ["preview", "--expect-no-changes"]);

      const rotation = cluster.now();
      project.write("index.ts", program("2026-12"));
      const words = await up("rotation");
      expect(active()).toEqual([2]);
      const pods = await cluster.pods(release);
      expect(pods.map(({ read }) => read?.["token"])).toEqual(pods.map(() => simulator.state.tokens[1]!.secret));
      for (const pod of pods) expect(Object.keys(pod.read!).sort()).toEqual(files);
      expectRotation(cluster.timeline(rotation));
      show(`${name}: arguments and mounts`, [...pods[0]!.args, ...pods[0]!.mounts]);
      show(`${name}: a rotation`, cluster.timeline(rotation));
      show(
        `${name}: the engine's words`,
        words.split("\n").filter((line) => /created replacement|updated|deleted original/.test(line)),
      );

      // The new pods do not become ready: the old ones keep running, with their Secret and their token.
      cluster.kubelet.refuse = (pod) => (pod.release === release ? "the image cannot be pulled" : undefined);
      project.write("index.ts", program("2027-01"));
      const failed = cluster.now();
      expect(await timed("failed rollout", ["up", "--yes", "--skip-preview"], true)).toMatch(/error/);
      expect(active()).toEqual([2, 3]);
      expect(cluster.timeline(failed).filter((event) => /^(delete Secret|DELETE)|told to stop/.test(event))).toEqual(
        [],
      );
      const still = (await cluster.pods(release)).filter(({ read }) => read !== undefined);
      expect(still.map(({ read }) => read?.["token"])).toEqual(pods.map(() => simulator.state.tokens[1]!.secret));

      cluster.kubelet.refuse = () => undefined;
      await up("mending", "--refresh");
      expect(active()).toEqual([3]);
      await timed("refresh", ["refresh", "--yes", "--skip-preview"]);
      await up("update with refresh", "--refresh", "--expect-no-changes");
      await expectNoTokens(project);

      const last = cluster.now();
      await timed("destroy", ["destroy", "--yes", "--skip-preview"]);
      show(`${name}: destroy`, cluster.timeline(last));
      await expectNothingLeft();
      show(`${name}: times`, times);
    });
  },
);

test("examples/fleet: three agents in two contexts", async () => {
  await withProject({ from: "examples/fleet", env: env(), limit: 600 }, async (project) => {
    await project.pulumi(["up", "--yes", "--skip-preview"]);
    for (const [release, pods] of [
      ["berlin", 3],
      ["oslo", 2],
      ["shared-infra", 2],
    ] as const) {
      expect((await cluster.pods(release)).filter(({ read }) => read)).toHaveLength(pods);
    }
    await project.pulumi(["destroy", "--yes", "--skip-preview"]);
    await expectNothingLeft();
  });
});

test("Helm refuses what 0.1.0 declared for a receptive agent, and an update to this version succeeds", async () => {
  const url = "grpcs://agent.example.com:443";
  const receptive = { url };
  const former = () => Promise.resolve(void new FormerInstallation("edge", url));
  await withStack({ program: former as () => Promise<void>, env: env(), limit: 600 }, async (stack) => {
    expect((await stack.up({ expectFailure: true })).output).toMatch(/invalid ownership metadata/);
    stack.program = () =>
      Promise.resolve(
        void new AgentInstallation("edge", {
          project: "group/app",
          tokenRotationTriggers: { month: "2026-11" },
          receptive,
        }),
      );
    await stack.up();
    expect((await cluster.pods("edge")).filter(({ read }) => read)).toHaveLength(2);
    expect((await stack.preview({ expectNoChanges: true })).changed).toEqual([]);
    await stack.destroy();
    await expectNothingLeft();
  });
});

/** The order: a new token, a new Secret, the release pod by pod, the old Secret, the old token. */
function expectRotation(timeline: string[]): void {
  const order = [
    /^POST …\/1\/tokens$/,
    /^create Secret .*token-2/,
    /ready with token 2/,
    /with token 1 told to stop/,
    /^delete Secret .*token-1/,
    /^DELETE …\/1\/tokens\/1$/,
  ];
  const places = order.map((event) => timeline.findIndex((text) => event.test(text)));
  expect({ timeline, places }).toEqual({ timeline, places: [...places].sort((one, other) => one - other) });
  expect({ timeline, places }).not.toEqual({ timeline, places: expect.arrayContaining([-1]) });
  // All pods with the old token are stopped before its Secret is deleted.
  const lastStop = timeline.map((text) => /with token 1 told to stop/.test(text)).lastIndexOf(true);
  expect(lastStop).toBeLessThan(places[4]!);
}

/** No token of GitLab is in Helm's records, nor in clear in Pulumi's state. */
async function expectNoTokens(project: Project): Promise<void> {
  const releases = await cluster.api.list("/api/v1/secrets?labelSelector=owner%3Dhelm");
  expect(releases.length).toBeGreaterThan(0);
  for (const { secret } of simulator.state.tokens) {
    for (const { data } of releases) expect(manifest(data.release as string)).not.toContain(secret);
    for (const file of project.stateFiles()) expect(file).not.toContain(secret);
  }
}

/** A release as Helm stores it: gzip in base64, in a Secret's base64. */
function manifest(release: string): string {
  const packed = Buffer.from(Buffer.from(release, "base64").toString(), "base64");
  return gunzipSync(packed).toString();
}

async function expectNothingLeft(): Promise<void> {
  expect([...simulator.state.agents, ...simulator.state.activeTokens()]).toEqual([]);
  const ofReleases = await cluster.api.list("/api/v1/secrets?labelSelector=owner%3Dhelm");
  expect(ofReleases.map(({ metadata }) => metadata.name as string)).toEqual([]);
  const bindings =
    "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings?labelSelector=app.kubernetes.io%2Fmanaged-by%3DHelm";
  expect(await cluster.api.list(bindings)).toEqual([]);
}

function show(title: string, lines: string[]): void {
  process.stdout.write(`\n-- ${title}\n${lines.map((line) => `   ${line}\n`).join("")}`);
}

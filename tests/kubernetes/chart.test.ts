import { execFileSync } from "node:child_process";
import * as path from "node:path";
import { AgentInstallation, type AgentInstallationArgs } from "pulumi-gitlab-agent/kubernetes";
import { parseAllDocuments } from "yaml";
import { describeClient, providedClients } from "../conformance/clients";
import { rendered, type ChartValues, type Manifest } from "../support/kubernetesChart";
import { readByPods } from "../support/kubernetesHelm";
import { declare, PUBLIC_KEY, TOKEN } from "./mockedEngine";

const url = "grpcs://agent.example.com:443";
const tls = { cert: "SERVER CERT", key: "SERVER KEY" };
const mutual = { url, tls, clientCert: "CLIENT CERT", clientKey: "CLIENT KEY", clientCaCert: "AUTHORITY" };

/** The files that pods read, with their content. The chart's own content is not known. */
const PRIVATE = { "private-api-jwt": expect.stringMatching(/^[A-Za-z0-9+/]{86}==$/) as string };
const PLAIN = { token: `${TOKEN}-1` };
const JWT = { ...PLAIN, ...PRIVATE, "api-jwt": PUBLIC_KEY };
const TLS = { "tls.crt": "SERVER CERT", "tls.key": "SERVER KEY" };
const MTLS = { ...PLAIN, ...PRIVATE, ...TLS, "client-ca.crt": "AUTHORITY" };
const extra = {
  extraArgs: ["--log-level=debug"],
  extraVolumes: [{ name: "own", secret: { secretName: "own" } }],
  extraVolumeMounts: [{ name: "own", mountPath: "/own" }],
};

const INSTALLATIONS: [string, AgentInstallationArgs, Record<string, unknown>][] = [
  ["plain", {}, PLAIN],
  ["by JWT", { receptive: { url } }, JWT],
  ["by JWT with TLS", { receptive: { url, tls } }, { ...JWT, ...TLS }],
  ["by mTLS", { receptive: mutual }, MTLS],
  ["plain, with values of the user", { values: { ...extra, replicas: 3, podAnnotations: { team: "a" } } }, PLAIN],
  ["by JWT, with values of the user", { receptive: { url }, values: extra }, JWT],
  ["by mTLS, with values of the user", { receptive: mutual, values: extra }, MTLS],
  [
    "with a file of the user in place of ours",
    {
      receptive: { url, stringData: { other: "OTHER KEY" } },
      values: { extraArgs: ["--api-jwt-file=/etc/gitlab-agent-installation/other"] },
    },
    { ...PLAIN, ...PRIVATE, other: "OTHER KEY" },
  ],
  [
    "with the value of GitLab's instructions for the public key",
    { receptive: { url }, values: { config: { api: { jwtPublicKey: "GIVEN" } } } },
    { ...JWT, "api-jwt": "GIVEN" },
  ],
  ...["true", "null", "n", "7", "1e3", "gitlab-agent", "edge-gitlab-agent", "a".repeat(63)].flatMap(
    (agentName): [string, AgentInstallationArgs, Record<string, unknown>][] => [
      [`plain, named ${agentName}`, { agentName }, PLAIN],
      [`by mTLS, named ${agentName}`, { agentName, receptive: mutual }, MTLS],
    ],
  ),
];

describeClient("the chart's rules by real Helm", providedClients().helm, (helm) => {
  test.each(INSTALLATIONS)("every file that an argument names is in a mounted volume: %s", async (_, args, read) => {
    const { release, values, secret } = await installed(args);
    const chart = template(helm, release, values);
    const content = (kind: string, name: string): Record<string, string> | undefined =>
      kind === "Secret" && name === secret.name
        ? secret.content
        : name === "own"
          ? {}
          : chart.objects.find((object) => object.kind === kind && object.name === name)?.data;
    // Helm refuses a Secret of the chart with the name of ours.
    expect(chart.objects.filter(({ kind, name }) => kind === "Secret" && name === secret.name)).toEqual([]);
    expect(readByPods(chart, content)).toEqual(read);
    expect(chart.instance).toBe(release);
    const tail = (args.values as ChartValues | undefined)?.["extraArgs"] as string[] | undefined;
    for (const arg of tail ?? []) expect(chart.args).toContain(arg);
  });

  test.each(INSTALLATIONS)("the tests' cluster renders the same: %s", async (_, args) => {
    const { release, values } = await installed(args);
    const ours = rendered(release, values, () => "kept");
    const kinds = (objects: Manifest["objects"]) =>
      objects
        .filter(({ kind }) => ["ConfigMap", "Deployment", "Secret", "Service"].includes(kind))
        .map(({ kind, name, data }) => `${kind} ${name} ${Object.keys(data ?? {}).join()}`)
        .sort();
    const theirs = template(helm, release, values);
    expect(kinds(ours.objects)).toEqual(kinds(theirs.objects));
    expect(ours.args).toEqual(theirs.args);
    expect(ours.volumes).toEqual(theirs.volumes);
    expect(ours.volumeMounts).toEqual(theirs.volumeMounts);
  });

  test.each(["true", "yes", "no", "on", "off", "y", "n", "null", "7", "1e3", "nope"])(
    "YAML reads the label %s as the tests' cluster does",
    (name) => expect(rendered(name, {}, () => "").instance).toEqual(template(helm, name, {}).instance),
  );

  test("the values that 0.1.0 set make the chart create a Secret with the name of ours", () => {
    const config = { secretName: "edge-token-1", receptive: { enabled: true }, api: { jwtPublicKey: "K" } };
    for (const chart of [template(helm, "edge", { config }), rendered("edge", { config }, () => "kept")]) {
      expect(chart.objects.filter(({ kind }) => kind === "Secret").map(({ name }) => name)).toEqual(["edge-token-1"]);
    }
  });

  test("rendering fails if the ports differ", () => {
    const config = { receptive: { enabled: true }, api: { listenAddress: ":9000" } };
    expect(() => template(helm, "edge", { config })).toThrow(
      /config.api.listenAddress and service.internalPort differ/,
    );
  });
});

const declared = new Map<AgentInstallationArgs, ReturnType<typeof declaredBy>>();
const renderings = new Map<string, Manifest>();

function installed(args: AgentInstallationArgs) {
  const known = declared.get(args) ?? declaredBy(args);
  declared.set(args, known);
  return known;
}

async function declaredBy(args: AgentInstallationArgs) {
  const { only } = await declare(
    () => new AgentInstallation("production", { project: "group/app", kasAddress: "wss://kas.example.com", ...args }),
  );
  const release = only("helm.sh/v3:Release").inputs;
  const secret = only("core/v1:Secret").inputs;
  return {
    release: String(release["name"]),
    values: release["values"] as ChartValues,
    secret: {
      name: (secret["metadata"] as { name: string }).name,
      content: secret["stringData"] as Record<string, string>,
    },
  };
}

/** What Helm renders, in the form of the tests' cluster. Rendered once for each release and its values. */
function template(helm: string, release: string, values: ChartValues): Manifest {
  const key = JSON.stringify([release, values]);
  const known = renderings.get(key) ?? renderedBy(helm, release, values);
  renderings.set(key, known);
  return known;
}

function renderedBy(helm: string, release: string, values: ChartValues): Manifest {
  const chart = path.join(__dirname, "chart");
  const printed = execFileSync(helm, ["template", release, chart, "--namespace", "agents", "--values", "-"], {
    encoding: "utf8",
    input: JSON.stringify(values),
    stdio: "pipe",
  });
  // Helm reads YAML 1.1.
  const documents = parseAllDocuments(printed, { version: "1.1" }).map((each) => each.toJS() as ChartValues);
  const deployment = documents.find(({ kind }) => kind === "Deployment")!;
  const { containers, volumes } = deployment["spec"].template.spec as {
    containers: [Pick<Manifest, "args" | "volumeMounts">];
    volumes: Manifest["volumes"];
  };
  const decoded = (kind: string, data: Record<string, string> = {}) =>
    Object.fromEntries(
      Object.entries(data).map(([key, value]) => [
        key,
        kind === "Secret" ? Buffer.from(value, "base64").toString() : value,
      ]),
    );
  return {
    objects: documents.map(({ kind, metadata, data }) => ({
      kind: kind as Manifest["objects"][number]["kind"],
      name: String(metadata.name),
      data: decoded(String(kind), data as Record<string, string> | undefined),
    })),
    instance: deployment["metadata"].labels["app.kubernetes.io/instance"],
    args: containers[0].args,
    volumes,
    volumeMounts: containers[0].volumeMounts,
  };
}

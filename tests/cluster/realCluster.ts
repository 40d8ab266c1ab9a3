import { spawn, type ChildProcess } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import * as path from "node:path";
import type { Simulator } from "pulumi-gitlab-agent/simulator";
import { setTimeout as sleep } from "node:timers/promises";
import { certificateAuthority } from "../support/certificates";
import { startChartRepository, type ChartRepository } from "./chartRepository";
import { KubernetesApi, type WatchEvent } from "./kubernetesApi";
import { Kubelet, type SeenPod } from "./kubelet";

interface Binaries {
  etcd: string;
  apiserver: string;
  controllerManager: string;
  helm: string;
  plugins: string;
}

const BY_HELM = "labelSelector=app.kubernetes.io%2Fmanaged-by%3DHelm";

/** The controllers that an installation needs, without those that need nodes. */
const CONTROLLERS = [
  "deployment-controller",
  "replicaset-controller",
  "garbage-collector-controller",
  "namespace-controller",
  "serviceaccount-controller",
  "root-ca-certificate-publisher-controller",
];

/**
 * A real Kubernetes on loopback: etcd, the API server and its controllers, with a stand-in for the kubelet, and a repository that
 * serves the tests' chart under the address of GitLab's. Its events are recorded together with GitLab's requests.
 */
export class RealCluster {
  readonly kubelet: Kubelet;
  private readonly events: { requests: number; text: string }[] = [];
  private readonly stops: (() => void)[] = [];
  /** Known Secrets and states of releases, since a watch that starts again reports them again. */
  private readonly known = new Set<string>();

  private constructor(
    readonly api: KubernetesApi,
    private readonly simulator: Simulator,
    private readonly folder: string,
    private readonly processes: ChildProcess[],
    private readonly charts: ChartRepository,
    private readonly plugins: string,
  ) {
    const token = (pod: SeenPod) => this.simulator.state.tokenBySecret(pod.read?.["token"] ?? "")?.id ?? "none";
    this.kubelet = new Kubelet(api, simulator, (pod) =>
      this.note(`pod of ${pod.release} ready with token ${token(pod)}`),
    );
    this.stops.push(api.watch("/api/v1/secrets", (event) => this.secret(event)));
    const leaving = new Set<string>();
    this.stops.push(
      api.watch("/api/v1/pods", ({ type, object: { metadata } }) => {
        const { uid } = metadata as { uid: string };
        const pod = this.kubelet.pods.get(uid);
        const told = type === "DELETED" || metadata.deletionTimestamp;
        if (!told || pod?.read === undefined || leaving.has(uid)) return;
        leaving.add(uid);
        this.note(`pod of ${pod.release} with token ${token(pod)} told to stop`);
      }),
    );
  }

  static async start(simulator: Simulator): Promise<RealCluster> {
    const { etcd, apiserver, controllerManager, helm, plugins } = JSON.parse(
      process.env["CLUSTER_BINARIES"] ?? "{}",
    ) as Binaries;
    const folder = mkdtempSync(path.join(tmpdir(), "pulumi-gitlab-agent-cluster-"));
    const at = (name: string) => path.join(folder, name);
    const authority = await certificateAuthority("Test cluster");
    const { cert, key } = await authority.issue({ hosts: ["127.0.0.1", "localhost"] });
    const token = randomBytes(16).toString("hex");
    const [client, peer, port] = [await freePort(), await freePort(), await freePort()];
    const accounts = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
    mkdirSync(at("charts"));
    for (const [name, text] of Object.entries({
      "ca.crt": authority.cert,
      "server.crt": cert,
      "server.key": key,
      "tokens.csv": `${token},admin,admin,"system:masters"\n`,
      "accounts.key": accounts.export({ format: "pem", type: "pkcs1" }).toString(),
      kubeconfig: kubeconfig(port, authority.cert, token),
    })) {
      writeFileSync(at(name), text, { mode: 0o600 });
    }
    const processes: ChildProcess[] = [];
    const start = (command: string, args: string[]) => {
      const log = openSync(at(`${path.basename(command)}.log`), "w");
      const child = spawn(command, args, { cwd: folder, stdio: ["ignore", log, log] });
      process.once("exit", () => void child.kill("SIGKILL"));
      processes.push(child);
    };
    const etcdUrl = `http://127.0.0.1:${client}`;
    const peerUrl = `http://127.0.0.1:${peer}`;
    start(etcd, [
      `--data-dir=${at("etcd")}`,
      ...[`--listen-client-urls=${etcdUrl}`, `--advertise-client-urls=${etcdUrl}`],
      ...[`--listen-peer-urls=${peerUrl}`, `--initial-advertise-peer-urls=${peerUrl}`],
      `--initial-cluster=default=${peerUrl}`,
    ]);
    start(apiserver, [
      `--etcd-servers=${etcdUrl}`,
      ...["--bind-address=127.0.0.1", `--secure-port=${port}`, "--endpoint-reconciler-type=none"],
      ...[`--tls-cert-file=${at("server.crt")}`, `--tls-private-key-file=${at("server.key")}`],
      ...[
        `--token-auth-file=${at("tokens.csv")}`,
        "--authorization-mode=RBAC",
        "--service-cluster-ip-range=10.0.0.0/24",
      ],
      "--service-account-issuer=https://kubernetes.default.svc",
      ...[
        `--service-account-key-file=${at("accounts.key")}`,
        `--service-account-signing-key-file=${at("accounts.key")}`,
      ],
    ]);
    const api = new KubernetesApi(port, authority.cert, token);
    for (let tries = 0; !(await api.ready()); tries++) {
      if (tries > 600 || processes.some(({ exitCode }) => exitCode !== null)) {
        const logs = [etcd, apiserver].map((name) =>
          readFileSync(at(`${path.basename(name)}.log`), "utf8").slice(-2000),
        );
        for (const child of processes) child.kill("SIGKILL");
        throw new Error(`Kubernetes' API server is not ready:\n${logs.join("\n")}`);
      }
      await sleep(200);
    }
    start(controllerManager, [
      ...[`--kubeconfig=${at("kubeconfig")}`, `--controllers=${CONTROLLERS.join()}`, "--leader-elect=false"],
      ...["--bind-address=127.0.0.1", "--secure-port=0", `--root-ca-file=${at("ca.crt")}`],
      `--service-account-private-key-file=${at("accounts.key")}`,
    ]);
    const charts = await startChartRepository(helm, authority, at("charts"));
    return new RealCluster(api, simulator, folder, processes, charts, plugins);
  }

  /** The environment in which Pulumi and its Kubernetes provider reach this cluster. */
  get env(): Record<string, string> {
    const at = (name: string) => path.join(this.folder, name);
    return {
      PATH: `${this.plugins}${path.delimiter}${process.env["PATH"] ?? ""}`,
      KUBECONFIG: at("kubeconfig"),
      HTTPS_PROXY: this.charts.proxy,
      NO_PROXY: "127.0.0.1,localhost",
      SSL_CERT_FILE: at("ca.crt"),
      HELM_CACHE_HOME: at("helm/cache"),
      HELM_CONFIG_HOME: at("helm/config"),
      HELM_DATA_HOME: at("helm/data"),
    };
  }

  /** Deletes what installations have left, and waits until it is gone. */
  async clear(): Promise<void> {
    const namespaces = async () =>
      (await this.api.list("/api/v1/namespaces"))
        .map(({ metadata }) => String(metadata.name))
        .filter((name) => !/^(default|kube-.*)$/.test(name));
    for (const name of await namespaces()) await this.api.remove(`/api/v1/namespaces/${name}`);
    const bindings = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings";
    for (const { metadata } of await this.api.list(`${bindings}?${BY_HELM}`)) {
      await this.api.remove(`${bindings}/${metadata.name}`);
    }
    for (let tries = 0; tries < 300 && (await namespaces()).length > 0; tries++) await sleep(200);
  }

  /** Stops all processes, and waits until they have ended. */
  async close(): Promise<void> {
    await this.kubelet.stop();
    for (const stop of this.stops) stop();
    this.charts.close();
    for (const child of this.processes.reverse()) {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      // Killed at once, since its data is no longer needed.
      if (child.exitCode === null && child.kill("SIGKILL")) await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** The current length of the timeline. */
  now(): { events: number; requests: number } {
    return { events: this.events.length, requests: this.simulator.requests.length };
  }

  /** What changed in the cluster and in GitLab since then, in order. */
  timeline(from: { events: number; requests: number }): string[] {
    const happened = this.events.slice(from.events).map(({ requests, text }) => ({ at: requests - 0.5, text }));
    const changes = this.simulator.requests
      .map(({ method, path: place }, at) => ({ at, text: `${method} ${place.replace(/.*cluster_agents/, "…")}` }))
      .slice(from.requests)
      .filter(({ text }) => !text.startsWith("GET"));
    return [...happened, ...changes].sort((one, other) => one.at - other.at).map(({ text }) => text);
  }

  /** The pods that exist and are not being deleted, as the kubelet saw them. */
  async pods(release: string): Promise<SeenPod[]> {
    const there = (await this.api.list("/api/v1/pods")).filter(({ metadata }) => !metadata.deletionTimestamp);
    const seen = there.map(({ metadata }) => this.kubelet.pods.get(String(metadata.uid)));
    return seen.filter((pod): pod is SeenPod => pod?.release === release);
  }

  private secret({ type, object: { metadata, data } }: WatchEvent): void {
    const { uid, name, labels } = metadata as { uid: string; name: string; labels?: Record<string, string> };
    const told = `${uid} ${type === "DELETED"} ${labels?.["status"]}`;
    if (this.known.has(told)) return;
    this.known.add(told);
    if (labels?.["owner"] === "helm") {
      if (type !== "DELETED") this.note(`release ${labels["name"]} v${labels["version"]} ${labels["status"]}`);
    } else if (type !== "MODIFIED" && !name.startsWith("sh.helm")) {
      this.note(
        `${type === "ADDED" ? "create" : "delete"} Secret ${name} (${Object.keys((data ?? {}) as object)
          .sort()
          .join(", ")})`,
      );
    }
  }

  private note(text: string): void {
    this.events.push({ requests: this.simulator.requests.length, text });
  }
}

function kubeconfig(port: number, ca: string, token: string): string {
  const cluster = {
    server: `https://127.0.0.1:${port}`,
    "certificate-authority-data": Buffer.from(ca).toString("base64"),
  };
  // The contexts of examples/fleet, all of which are this cluster.
  const contexts = ["test", "berlin", "oslo"].map((name) => ({ name, context: { cluster: "test", user: "admin" } }));
  return JSON.stringify({
    ...{ apiVersion: "v1", kind: "Config", "current-context": "test", contexts },
    clusters: [{ name: "test", cluster }],
    users: [{ name: "admin", user: { token } }],
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

import type { Simulator } from "pulumi-gitlab-agent/simulator";
import { setTimeout as sleep } from "node:timers/promises";
import type { Manifest } from "../support/kubernetesChart";
import { readByPods } from "../support/kubernetesHelm";
import type { KubernetesApi, KubernetesObject } from "./kubernetesApi";

/** A pod as this stand-in for the kubelet last saw it. */
export interface SeenPod {
  namespace: string;
  name: string;
  release: string;
  /** The files that it read from its volumes, by name; undefined until it could start. */
  read?: Record<string, string>;
  /** Why it could not start. */
  failure?: string;
  args: string[];
  mounts: string[];
}

/**
 * Takes the place of the kubelet and of the agent in each pod: mounts the pod's volumes, reads every file that an argument names,
 * and marks the pod ready; if a file is missing, the pod fails like the agent. A pod with a valid token uses it, like an agent's
 * first call to GitLab. A Service of the type LoadBalancer gets an address.
 */
export class Kubelet {
  /** By the pod's uid; deleted pods stay. */
  readonly pods = new Map<string, SeenPod>();
  /** Why the pods of a release do not become ready, if a test needs that. */
  refuse: (pod: SeenPod) => string | undefined = () => undefined;
  private running = true;
  private readonly loop: Promise<void>;

  constructor(
    private readonly api: KubernetesApi,
    private readonly simulator: Simulator,
    private readonly onReady: (pod: SeenPod) => void,
  ) {
    this.loop = this.run();
  }

  async stop(): Promise<void> {
    this.running = false;
    await this.loop;
  }

  private async run(): Promise<void> {
    while (this.running) {
      try {
        for (const pod of await this.api.list("/api/v1/pods")) {
          if (!pod["metadata"].deletionTimestamp) await this.start(pod);
        }
        for (const service of await this.api.list("/api/v1/services")) await this.expose(service);
      } catch (error) {
        // The API server may be stopping; the next round shows.
        if (this.running) process.stderr.write(`the stand-in for the kubelet: ${(error as Error).message}\n`);
      }
      await sleep(200);
    }
  }

  private async start(pod: KubernetesObject): Promise<void> {
    const { uid, name, namespace, labels } = pod["metadata"] as KubernetesObject;
    const known = this.pods.get(String(uid));
    if (known?.read) return;
    const manifest = manifestOf(pod);
    const seen: SeenPod = {
      namespace: String(namespace),
      name: String(name),
      release: String(labels?.["app.kubernetes.io/instance"]),
      args: manifest.args,
      mounts: manifest.volumeMounts.map((mount) => `${mount.mountPath} <- ${sourceOf(manifest, mount.name)}`),
    };
    try {
      const refused = this.refuse(seen);
      if (refused !== undefined) throw new Error(refused);
      const content = await this.contents(seen.namespace, manifest);
      seen.read = readByPods(manifest, (kind, wanted) => content.get(`${kind} ${wanted}`));
    } catch (error) {
      seen.failure = (error as Error).message;
    }
    this.pods.set(String(uid), seen);
    if (seen.failure !== undefined && seen.failure === known?.failure) return;
    await this.api.merge(`/api/v1/namespaces/${namespace}/pods/${name}/status`, {
      status: statusOf(pod, seen.failure),
    });
    if (seen.read === undefined) return;
    // An agent would call GitLab here, which records the use of its token.
    const token = this.simulator.state.tokenBySecret(seen.read["token"] ?? "");
    if (token?.status === "active") this.simulator.state.markTokenUsed(token.id);
    this.onReady(seen);
  }

  private async contents(namespace: string, { volumes }: Manifest): Promise<Map<string, Record<string, string>>> {
    const found = new Map<string, Record<string, string>>();
    for (const { secret, configMap } of volumes) {
      const [kind, path, name] = secret
        ? (["Secret", "secrets", secret.secretName] as const)
        : (["ConfigMap", "configmaps", String(configMap?.name)] as const);
      const object = await this.api.find(`/api/v1/namespaces/${namespace}/${path}/${name}`);
      if (object === undefined) continue;
      const data = Object.entries((object["data"] ?? {}) as Record<string, string>).map(([key, value]) => [
        key,
        secret ? Buffer.from(value, "base64").toString() : value,
      ]);
      found.set(`${kind} ${name}`, Object.fromEntries(data) as Record<string, string>);
    }
    return found;
  }

  private async expose({ metadata, spec, status }: KubernetesObject): Promise<void> {
    if (spec.type !== "LoadBalancer" || status?.loadBalancer?.ingress) return;
    const loadBalancer = { ingress: [{ ip: "192.0.2.1" }] };
    await this.api.merge(`/api/v1/namespaces/${metadata.namespace}/services/${metadata.name}/status`, {
      status: { loadBalancer },
    });
  }
}

/** The pod's manifest for the agent, without the service account's token, which a kubelet adds. */
function manifestOf({ spec }: KubernetesObject): Manifest {
  const volumes = (spec.volumes as KubernetesObject[]).filter(
    ({ projected }) => !projected,
  ) as unknown as Manifest["volumes"];
  const [container] = spec.containers as [{ args: string[]; volumeMounts: Manifest["volumeMounts"] }];
  const ours = new Set(volumes.map(({ name }) => name));
  const projected = new Set(
    (spec.volumes as KubernetesObject[]).filter((each) => each["projected"]).map(({ name }) => String(name)),
  );
  return {
    objects: [],
    instance: "",
    args: container.args,
    volumes,
    volumeMounts: container.volumeMounts.filter(({ name }) => ours.has(name) || !projected.has(name)),
  };
}

function sourceOf({ volumes }: Manifest, name: string): string {
  const volume = volumes.find((each) => each.name === name);
  return volume?.secret ? `Secret ${volume.secret.secretName}` : `ConfigMap ${volume?.configMap?.name}`;
}

function statusOf({ spec }: KubernetesObject, failure: string | undefined): object {
  const ready = failure === undefined;
  const now = new Date().toISOString().replace(/\.\d+/, "");
  const [{ name, image }] = spec.containers as [{ name: string; image: string }];
  const state = ready ? { running: { startedAt: now } } : { waiting: { reason: "CrashLoopBackOff", message: failure } };
  return {
    phase: ready ? "Running" : "Pending",
    startTime: now,
    conditions: ["PodScheduled", "Initialized", "ContainersReady", "Ready"].map((type) => ({
      type,
      status: ready || type === "PodScheduled" ? "True" : "False",
      lastTransitionTime: now,
    })),
    containerStatuses: [{ name, image, imageID: "", ready, started: ready, restartCount: 0, state }],
  };
}

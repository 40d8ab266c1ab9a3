import type { Simulator } from "pulumi-gitlab-agent/simulator";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import * as path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { Helm } from "./kubernetesHelm";

type Inputs = Record<string, any>; // eslint-disable-line @typescript-eslint/no-explicit-any

/** One object in the cluster, with its latest inputs, secrets in clear. */
export interface ClusterObject {
  id: string;
  kind: "Namespace" | "Secret" | "Release";
  /** The kubeconfig context of its provider; empty if none was configured. */
  context: string;
  namespace: string;
  name: string;
  inputs: Inputs;
  /** The files that a release's pods read when they last started, by name. */
  pods?: Record<string, string>;
}

/** A change of an object. */
export interface ClusterEvent {
  op: "create" | "update" | "delete";
  kind: ClusterObject["kind"];
  name: string;
  namespace: string;
  context: string;
  /** The number of requests that GitLab (the simulator) had received by then. */
  requests: number;
}

interface Question {
  context: string;
  type: string;
  id: string;
  inputs: Inputs;
  olds: Inputs;
  news: Inputs;
}

/**
 * The parts of a Kubernetes cluster that an agent's installation uses: namespaces, Secrets, and Helm releases of GitLab's chart
 * (tests/support/kubernetesHelm). Their pods read their volumes only when they start, and restart when the release's values change.
 * It refuses what Kubernetes, Helm or the agent would refuse. A pod that reads a valid token uses it, which GitLab records. Pulumi
 * reaches it through the plugin in tests/support/kubernetesPlugin; several contexts are several clusters.
 *
 * @example
 * const cluster = await KubernetesCluster.start(simulator);
 * await withStack({ program, env: { ...gitlab, ...cluster.env } }, async (stack) => { … cluster.timeline() … });
 * await cluster.close();
 */
export class KubernetesCluster {
  readonly objects = new Map<string, ClusterObject>();
  readonly events: ClusterEvent[] = [];
  /** Objects that releases have created. */
  readonly helm = new Helm();
  /**
   * Whether releases are rendered. Otherwise a release is accepted unseen, and its pods read the Secret that `config.secretName`
   * names, as in the tests' cluster of 0.1.0, whose stacks later versions must update.
   */
  rendersChart = true;
  /** Whether pods reach GitLab. Otherwise they start and are ready, but never use their token. */
  connects = true;
  /** Why an operation on an object is refused, if a test needs that. */
  refuse: (op: ClusterEvent["op"], object: ClusterObject) => string | undefined = () => undefined;

  private constructor(
    private readonly simulator: Simulator,
    private readonly server: Server,
  ) {}

  static async start(simulator: Simulator): Promise<KubernetesCluster> {
    const server = createServer();
    const cluster = new KubernetesCluster(simulator, server);
    server.on("request", (request: IncomingMessage, response) => {
      void cluster.answer(request).then(
        (answer) => response.end(JSON.stringify(answer)),
        (error: Error) => response.writeHead(400).end(JSON.stringify({ error: error.message })),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return cluster;
  }

  /** The environment in which the engine finds the plugin, and the plugin finds this cluster. */
  get env(): Record<string, string> {
    const { port } = this.server.address() as AddressInfo;
    const plugin = path.join(__dirname, "kubernetesPlugin");
    return {
      PATH: `${plugin}${path.delimiter}${process.env["PATH"] ?? ""}`,
      KUBERNETES_CLUSTER: `http://127.0.0.1:${port}/`,
    };
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }

  reset(): void {
    this.objects.clear();
    this.events.length = 0;
    this.helm.reset();
    this.rendersChart = true;
    this.connects = true;
    this.refuse = () => undefined;
  }

  /** The objects of a kind, oldest first. */
  all(kind: ClusterObject["kind"]): ClusterObject[] {
    return [...this.objects.values()].filter((object) => object.kind === kind);
  }

  /** The only object of a kind. */
  only(kind: ClusterObject["kind"]): ClusterObject {
    const [object, ...others] = this.all(kind);
    if (object === undefined || others.length > 0) throw new Error(`The cluster has ${others.length + 1} of ${kind}.`);
    return object;
  }

  /** Whether GitLab accepts the token of a release's pods. */
  connected(release: ClusterObject): boolean {
    return this.simulator.state.tokenBySecret(release.pods?.["token"] ?? "")?.status === "active";
  }

  /**
   * The changes in the cluster and in GitLab since the `from`th event and request, in order:
   * `create Secret production-token-1`, `POST …/tokens`, …
   */
  timeline(from: { events: number; requests: number } = { events: 0, requests: 0 }): string[] {
    const happened = this.events
      .slice(from.events)
      .map(({ op, kind, name, requests }) => ({ at: requests, text: `${op} ${kind} ${name}` }));
    const changes = this.simulator.requests
      .map(({ method, path: place }, index) => ({
        at: index,
        text: `${method} ${place.replace(/.*cluster_agents/, "…")}`,
      }))
      .slice(from.requests)
      .filter(({ text }) => !text.startsWith("GET"));
    // An event after n requests is later than request n-1 and earlier than request n.
    return [...happened.map(({ at, text }) => ({ at: at - 0.5, text })), ...changes]
      .sort((one, other) => one.at - other.at)
      .map(({ text }) => text);
  }

  /** The current length of the timeline. */
  now(): { events: number; requests: number } {
    return { events: this.events.length, requests: this.simulator.requests.length };
  }

  private async answer(request: IncomingMessage): Promise<unknown> {
    let body = "";
    for await (const piece of request) body += String(piece);
    const question = JSON.parse(body) as Question;
    switch (request.url) {
      case "/diff":
        return diff(question);
      case "/create":
        return { id: this.put("create", question).id };
      case "/update":
        return { id: this.put("update", question).id };
      case "/read":
        return { exists: this.objects.has(question.id) };
      case "/delete":
        return this.remove(question.id);
      default:
        throw new Error(`The cluster knows no ${request.url}.`);
    }
  }

  private put(op: "create" | "update", { context, type, inputs }: Question): ClusterObject {
    const { kind, namespace, name } = identity(type, inputs);
    const id = [context, kind, namespace, name].join("/");
    const before = this.objects.get(id);
    if (op === "create" && before) throw new Error(`${kind} "${name}" already exists`);
    const object: ClusterObject = { id, kind, context, namespace, name, inputs };
    if (kind !== "Namespace" && !this.objects.has([context, "Namespace", "", namespace].join("/"))) {
      throw new Error(`namespaces "${namespace}" not found`);
    }
    const refusal = this.refuse(op, object);
    if (refusal !== undefined) throw new Error(refusal);
    if (kind === "Release") {
      const restart = !isDeepStrictEqual(before?.inputs["values"], inputs["values"]);
      object.pods = restart ? this.startPods(op, object) : before?.pods;
    }
    this.objects.set(id, object);
    this.note(op, object);
    return object;
  }

  private startPods(op: "create" | "update", release: ClusterObject): Record<string, string> {
    const { context, namespace, name, inputs } = release;
    const programSecret = (wanted: string) =>
      this.objects.get([context, "Secret", namespace, wanted].join("/"))?.inputs["stringData"] as
        | Record<string, string>
        | undefined;
    const values: Inputs = inputs["values"] ?? {};
    const read = this.rendersChart
      ? this.helm.apply(op, { context, namespace, name, values }, programSecret)
      : { ...programSecret(String(values["config"]?.secretName)) };
    // The first call of an agent, which GitLab records as the use of its token.
    const token = !this.connects ? undefined : this.simulator.state.tokenBySecret(read["token"] ?? "");
    if (token?.status === "active") this.simulator.state.markTokenUsed(token.id);
    return read;
  }

  private remove(id: string): object {
    const object = this.objects.get(id);
    if (object === undefined) return {};
    const refusal = this.refuse("delete", object);
    if (refusal !== undefined) throw new Error(refusal);
    for (const inside of object.kind === "Namespace" ? this.objects.values() : []) {
      if (inside.context !== object.context || inside.namespace !== object.name) continue;
      this.objects.delete(inside.id);
      this.helm.forget(inside);
    }
    this.objects.delete(id);
    if (object.kind === "Release") this.helm.forget(object);
    this.note("delete", object);
    return {};
  }

  private note(op: ClusterEvent["op"], { kind, name, namespace, context }: ClusterObject): void {
    this.events.push({ op, kind, name, namespace, context, requests: this.simulator.requests.length });
  }
}

function identity(type: string, inputs: Inputs): Pick<ClusterObject, "kind" | "namespace" | "name"> {
  switch (type) {
    case "kubernetes:core/v1:Namespace":
      return { kind: "Namespace", namespace: "", name: inputs["metadata"].name };
    case "kubernetes:core/v1:Secret":
      return { kind: "Secret", namespace: inputs["metadata"].namespace ?? "default", name: inputs["metadata"].name };
    case "kubernetes:helm.sh/v3:Release":
      return { kind: "Release", namespace: inputs["namespace"] ?? "default", name: inputs["name"] };
    default:
      throw new Error(`The cluster knows no ${type}.`);
  }
}

/** As in the real provider: a change of a name, a namespace or a Secret's content replaces the object, any other updates it. */
function diff({ type, olds, news }: Question): { changes: boolean; replaces: string[]; deleteBeforeReplace: boolean } {
  const at = (inputs: unknown, keys: string[]) =>
    keys.reduce((value, key) => (value as Inputs | undefined)?.[key], inputs);
  const changed = (...keys: string[]) => !isDeepStrictEqual(at(olds, keys), at(news, keys));
  const replacing =
    type === "kubernetes:helm.sh/v3:Release"
      ? [["name"], ["namespace"]]
      : [["metadata", "name"], ["metadata", "namespace"], ["data"], ["stringData"], ["type"]];
  const replaces = replacing.filter((keys) => changed(...keys)).map((keys) => keys.join("."));
  const moved = replaces.some((key) => key.endsWith("name") || key.endsWith("namespace"));
  return { changes: changed(), replaces, deleteBeforeReplace: replaces.length > 0 && !moved };
}

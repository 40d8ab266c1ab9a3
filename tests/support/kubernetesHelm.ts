import { randomBytes } from "node:crypto";
import { rendered, type ChartObject, type ChartValues, type Manifest } from "./kubernetesChart";

/** A release's place and its values. */
export interface HelmRelease {
  context: string;
  namespace: string;
  name: string;
  values: ChartValues;
}

/** An object that a release created, with Helm's ownership marks. */
interface OwnedObject extends ChartObject {
  owner: string;
}

/** The content of a Secret that the program created; undefined if there is none with that name. */
type ProgramSecret = (name: string) => Record<string, string> | undefined;

/**
 * Helm in one cluster of the tests: renders the chart, and refuses what Helm and Kubernetes would refuse. Then it starts pods like
 * a kubelet and the agent: it mounts volumes, and reads every file that an argument names.
 */
export class Helm {
  private readonly objects = new Map<string, OwnedObject>();

  /** The objects that releases have created, such as `Secret edge-gitlab-agent-token`. */
  get createdObjects(): string[] {
    return [...this.objects.values()].map(({ kind, name }) => `${kind} ${name}`);
  }

  /** The content of a Secret that a release has created. */
  secret(name: string): Record<string, string> | undefined {
    return [...this.objects.values()].find((object) => object.kind === "Secret" && object.name === name)?.data;
  }

  reset(): void {
    this.objects.clear();
  }

  /**
   * Installs or updates a release. Returns the files that its pods have read, by name.
   *
   * @throws Error if Helm, Kubernetes or the agent would refuse, with their words
   */
  apply(op: "create" | "update", release: HelmRelease, programSecret: ProgramSecret): Record<string, string> {
    const { context, namespace, name, values } = release;
    const place = (kind: string, named: string) => [context, namespace, kind, named].join("/");
    const manifest = rendered(
      name,
      values,
      // "base64 of 64 ASCII characters, kept over upgrades by a lookup"
      (secret) =>
        this.objects.get(place("Secret", secret))?.data?.["private-api-jwt"] ??
        Buffer.from(randomBytes(32).toString("hex")).toString("base64"),
    );
    if (manifest.instance !== null && typeof manifest.instance !== "string") {
      throw new Error(
        `release ${name} failed: json: cannot unmarshal ${typeof manifest.instance} into Go struct field ObjectMeta.metadata.labels of type string`,
      );
    }
    for (const object of manifest.objects) {
      const there = this.objects.get(place(object.kind, object.name));
      const foreign = object.kind === "Secret" && programSecret(object.name) !== undefined;
      if (foreign || (there !== undefined && there.owner !== name)) {
        throw new Error(
          `Unable to continue with ${op === "create" ? "install" : "update"}: ${object.kind} "${object.name}" in namespace "${namespace}" exists and cannot be imported into the current release: invalid ownership metadata`,
        );
      }
    }
    const before = new Map(this.objects);
    this.forget(release);
    for (const object of manifest.objects) {
      this.objects.set(place(object.kind, object.name), { ...object, owner: name });
    }
    try {
      return this.started(release, manifest, programSecret);
    } catch (error) {
      // A failed rollout changes nothing else: the existing objects stay.
      this.objects.clear();
      for (const [at, object] of before) this.objects.set(at, object);
      throw error;
    }
  }

  private started(release: HelmRelease, manifest: Manifest, programSecret: ProgramSecret): Record<string, string> {
    const place = (kind: string, named: string) => [release.context, release.namespace, kind, named].join("/");
    return readByPods(manifest, (kind, named) =>
      kind === "Secret"
        ? (programSecret(named) ?? this.objects.get(place(kind, named))?.data)
        : this.objects.get(place(kind, named))?.data,
    );
  }

  /** Deletes the objects that the release has created. */
  forget({ context, namespace, name }: Omit<HelmRelease, "values">): void {
    for (const [place, { owner }] of this.objects) {
      if (owner === name && place.startsWith(`${context}/${namespace}/`)) this.objects.delete(place);
    }
  }
}

type Mountable = (kind: "ConfigMap" | "Secret", name: string) => Record<string, string> | undefined;

/** Starts a pod: every volume must exist, and every file that an argument names must be in one. */
export function readByPods({ args, volumes, volumeMounts }: Manifest, content: Mountable): Record<string, string> {
  const files = new Map<string, string>();
  for (const { name, mountPath } of volumeMounts) {
    const volume = volumes.find((each) => each.name === name);
    if (volume === undefined) throw new Error(`pods are refused: volumeMounts: Not found: "${name}"`);
    const [kind, source] = volume.secret
      ? (["Secret", volume.secret.secretName] as const)
      : (["ConfigMap", String(volume.configMap?.name)] as const);
    const data = content(kind, source);
    if (data === undefined) {
      throw new Error(`pods wait: MountVolume.SetUp failed for volume "${name}": ${kind} "${source}" not found`);
    }
    const items = volume.secret?.items ?? Object.keys(data).map((key) => ({ key, path: key }));
    for (const { key, path } of items) {
      if (data[key] === undefined) throw new Error(`pods wait: ${kind} "${source}" has no key "${key}"`);
      files.set(`${mountPath}/${path}`, data[key]);
    }
  }
  // "The agent takes the last of two equal flags."
  const flags = new Map(args.map((arg) => [arg.split("=")[0]!, arg.slice(arg.indexOf("=") + 1)] as const));
  const read: Record<string, string> = {};
  for (const [flag, file] of flags) {
    if (!flag.endsWith("-file")) continue;
    const text = files.get(file);
    if (text === undefined) throw new Error(`pods crash: ${flag}: open ${file}: no such file or directory`);
    read[file.slice(file.lastIndexOf("/") + 1)] = text;
  }
  // With mTLS, an endpoint without a certificate has none to present.
  if (flags.has("--api-mtls") && !flags.has("--api-cert-file"))
    throw new Error("pods crash: --api-mtls without --api-cert-file");
  return read;
}

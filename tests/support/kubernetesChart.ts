/**
 * How GitLab's chart `gitlab-agent` 2.15.0 uses its values, as far as our installations depend on it. Each rule quotes a sentence of
 * the reference `helm-chart.md`. tests/kubernetes/chart has the same rules as real templates, and tests/kubernetes/chart.test.ts
 * compares the two.
 */
export type ChartValues = Record<string, any>; // eslint-disable-line @typescript-eslint/no-explicit-any

/** An object that the chart renders, with the content that a pod can mount. */
export interface ChartObject {
  kind: "ConfigMap" | "Deployment" | "Secret" | "Service";
  name: string;
  data?: Record<string, string>;
}

export interface Volume {
  name: string;
  secret?: { secretName: string; items?: { key: string; path: string }[] };
  configMap?: { name: string };
}

/** What Helm sends to Kubernetes. */
export interface Manifest {
  objects: ChartObject[];
  /** The label that names the release, as YAML reads it. */
  instance: unknown;
  args: string[];
  volumes: Volume[];
  volumeMounts: { name: string; mountPath: string }[];
}

/** "The Secret is mounted whole at `/etc/agentk/secrets`." */
const SECRETS = "/etc/agentk/secrets";
const CONFIG = "/etc/agentk/config";

/** "The CA of the private API is in ConfigMap `<fullname>`, key `private-api-ca.crt`." */
const PRIVATE_CA = "private-api-ca.crt";

/**
 * Renders the chart. `privateJwt` is the previous content of its Secret, since "private-api-jwt" is "kept over upgrades by a lookup".
 */
export function rendered(release: string, values: ChartValues, privateJwt: (secretName: string) => string): Manifest {
  const config: ChartValues = values["config"] ?? {};
  const api: ChartValues = config["api"] ?? {};
  const privateTls: ChartValues = config["privateApi"]?.tls ?? {};
  const receptive = Boolean(config["receptive"]?.enabled);
  const fullname = fullnameOf(release);
  // "Its name is `config.secretName` where that is set, else `<fullname>-token`."
  const secretName: string = config["secretName"] || `${fullname}-token`;

  // "`templates/secret.yaml` is rendered when any of these is set: `config.token`, `config.api.jwtPublicKey`, `config.api.tls.cert`
  // or `.key`, `config.privateApi.tls.cert` or `.key`, `config.receptive.enabled`."
  const given: Record<string, string | undefined> = {
    token: config["token"],
    "api-jwt": api["jwtPublicKey"],
    "tls.crt": api["tls"]?.cert,
    "tls.key": api["tls"]?.key,
    "private-api-tls-cert": privateTls["cert"],
    "private-api-tls-key": privateTls["key"],
  };
  const data: Record<string, string> = {};
  for (const [key, value] of Object.entries(given)) if (value) data[key] = value;
  if (receptive) data["private-api-jwt"] = privateJwt(secretName);
  const objects: ChartObject[] = [
    ...(Object.keys(data).length > 0 ? [{ kind: "Secret" as const, name: secretName, data }] : []),
    { kind: "ConfigMap", name: fullname, data: { [PRIVATE_CA]: String(privateTls["caCert"] ?? "") } },
    ...(receptive ? [{ kind: "Service" as const, name: fullname }] : []),
    // "The Deployment is `<fullname, at most 60>-v2`."
    { kind: "Deployment", name: `${cut(fullname, 60)}-v2` },
  ];

  return {
    objects,
    // "The chart writes labels unquoted, and YAML reads them as something else."
    instance: asYaml(release),
    // "Arguments of the pod, in the chart's order: `--token-file`, KAS, observability, `extraArgs`, then those of the API, then
    // those of the private API."
    args: [
      `--token-file=${SECRETS}/token`,
      `--kas-address=${String(config["kasAddress"] ?? "wss://kas.gitlab.com")}`,
      ...((config["kasHeaders"] ?? []) as string[]).map((header) => `--kas-header=${header}`),
      "--observability-listen-address=:8080",
      ...((values["extraArgs"] ?? []) as string[]),
      ...(receptive ? [`--api-listen-address=${String(api["listenAddress"] ?? ":8082")}`] : []),
      // "`--api-jwt-file` only where the value `config.api.jwtPublicKey` is set."
      ...(api["jwtPublicKey"] ? [`--api-jwt-file=${SECRETS}/api-jwt`] : []),
      // "`--api-cert-file` and `--api-key-file` only where the values `config.api.tls.cert` and `.key` are set."
      ...(api["tls"]?.cert && api["tls"]?.key
        ? [`--api-cert-file=${SECRETS}/tls.crt`, `--api-key-file=${SECRETS}/tls.key`]
        : []),
      ...(receptive ? [`--private-api-jwt-file=${SECRETS}/private-api-jwt`] : []),
    ],
    volumes: [
      { name: "config", configMap: { name: fullname } },
      { name: "secrets", secret: { secretName } },
      ...((values["extraVolumes"] ?? []) as Volume[]),
    ],
    volumeMounts: [
      { name: "config", mountPath: CONFIG },
      { name: "secrets", mountPath: SECRETS },
      ...((values["extraVolumeMounts"] ?? []) as Manifest["volumeMounts"]),
    ],
  };
}

/** "`fullname` is `<release>-gitlab-agent`, or the release's name where that contains `gitlab-agent`." */
export function fullnameOf(release: string): string {
  return cut(release.includes("gitlab-agent") ? release : `${release}-gitlab-agent`, 63);
}

const cut = (name: string, limit: number): string => name.slice(0, limit).replace(/-$/, "");

/** How YAML 1.1 reads an unquoted word: "Agents named `true`, `yes`, `no`, … do not install, `null` with an empty label." */
function asYaml(word: string): unknown {
  if (/^(y|yes|true|on)$/i.test(word)) return true;
  if (/^(n|no|false|off)$/i.test(word)) return false;
  if (/^(null|~)?$/i.test(word)) return null;
  return /^[-+]?[0-9][0-9_]*(\.[0-9]*)?(e[-+]?[0-9]+)?$/i.test(word) ? Number(word.replaceAll("_", "")) : word;
}

import type { Namespace } from "@pulumi/kubernetes/core/v1";
import type { Input } from "@pulumi/pulumi";
import type { ClusterAgent } from "../clusterAgent";
import type { ReceptiveAgentArgs } from "./receptiveAgentArgs";

/** What to install, and where. Either `agent`, or `project` with or without `agentName`. */
export interface AgentInstallationArgs {
  /**
   * A registered agent. The token is made by the provider that the agent was registered by, where it has one of its own.
   *
   * @default none: an agent is registered in `project`
   * @example new ClusterAgent("production", { project: "group/app" })
   */
  agent?: ClusterAgent;
  /**
   * The project to register an agent in: its numeric id or its full path. A change replaces agent, token, Secret and release,
   * the new ones first.
   *
   * @default none: `agent` is given
   * @example "group/app"
   */
  project?: Input<string | number>;
  /**
   * The name to register the agent by, as `ClusterAgent` takes it. A change replaces agent, token, Secret and release.
   *
   * @default the name of the component
   * @example "production"
   */
  agentName?: Input<string>;
  /**
   * Any values: a change of any of them makes a new token, and moves the cluster over to it before the old one is revoked.
   *
   * @default none
   * @example { month: "2026-11" }
   */
  tokenRotationTriggers?: Input<Record<string, any>>; // eslint-disable-line @typescript-eslint/no-explicit-any
  /**
   * The age in days, at least 1, at which the token is replaced: the first update after so many days creates a new token, and
   * moves the cluster over to it before the old one is revoked. With `tokenRotationTriggers` both hold.
   *
   * @default none: the age replaces nothing
   * @example 90
   */
  tokenRotateAfterDays?: Input<number>;
  /**
   * Whether the update waits until GitLab has seen the agent use its token. In a rotation the old token is revoked only after
   * that, and a wait that fails revokes nothing. Pods that are ready are not thereby connected.
   *
   * @default true
   * @example false
   */
  awaitConnection?: boolean;
  /**
   * How long that wait may take, in seconds, from 1 to 86400.
   *
   * @default 600; 900 for a receptive agent, since GitLab looks for new ones every five to ten minutes
   * @example 1200
   */
  connectionTimeout?: Input<number>;
  /**
   * Where to install: the name of a namespace, or a namespace of the program. A change replaces Secret and release.
   *
   * @default `gitlab-agent-<name of the agent>`, as in GitLab's own instructions
   * @example "gitlab-agent"
   */
  namespace?: Input<string> | Namespace;
  /**
   * Whether the component makes the namespace, and deletes it with all that is in it. The chart makes none.
   *
   * @default true where `namespace` is left out, false where it is given
   * @example false
   */
  createNamespace?: boolean;
  /**
   * Where the agent connects to GitLab: an address of the scheme `wss`, `ws`, `grpcs` or `grpc`. Not used by a receptive
   * agent.
   *
   * @default what GitLab tells of itself (`getKas()`): one request in each preview and update
   * @example "wss://kas.gitlab.example.com"
   */
  kasAddress?: Input<string | undefined>;
  /**
   * Lets GitLab connect to the agent, where the agent cannot connect to GitLab. Needs GitLab Ultimate, self-managed.
   *
   * @default none: the agent connects to GitLab
   * @example { url: "grpcs://agent.example.com:443" }
   */
  receptive?: ReceptiveAgentArgs;
  /**
   * The number of the agent's pods. More than one stay connected while the release is updated.
   *
   * @default the chart's: 2
   * @example 1
   */
  replicas?: Input<number>;
  /**
   * Values of the chart, merged into those of the component at every depth: objects are merged, entries of a list come after
   * the component's, and anything else takes its place. `config.token` is refused. Whatever stands here, secrets included, is
   * kept in clear text in the history of the release in the cluster.
   *
   * @default none
   * @example { resources: { requests: { cpu: "50m" } }, rbac: { useExistingRole: "view" } }
   */
  values?: Input<Record<string, any>>; // eslint-disable-line @typescript-eslint/no-explicit-any
  /**
   * The chart: its name in the repository, an OCI address (`oci://…`), or a path.
   *
   * @default `gitlab-agent`
   * @example "oci://harbor.example.com/charts/gitlab-agent"
   */
  chart?: Input<string>;
  /**
   * The version of the chart.
   *
   * @default the newest at the time of the first update; a later one is not taken by itself
   * @example "2.7.0"
   */
  version?: Input<string>;
  /**
   * The chart's repository.
   *
   * @default `https://charts.gitlab.io`; none where `chart` is an OCI address or a path
   * @example "https://charts.example.com"
   */
  repository?: Input<string>;
}

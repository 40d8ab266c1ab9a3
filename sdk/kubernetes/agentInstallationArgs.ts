import type { Namespace } from "@pulumi/kubernetes/core/v1";
import type { Input } from "@pulumi/pulumi";
import type { ClusterAgent } from "../clusterAgent";
import type { ReceptiveAgentArgs } from "./receptiveAgentArgs";

/** What to install, and where. Either `agent`, or `project` with or without `agentName`. */
export interface AgentInstallationArgs {
  /**
   * A registered agent. If the agent has an explicit provider, it also creates the token.
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
   * The agent's name, as for `ClusterAgent`. A change replaces agent, token, Secret and release.
   *
   * @default the name of the component
   * @example "production"
   */
  agentName?: Input<string>;
  /**
   * Any values: a change of any of them creates a new token and moves the cluster to it before the old one is revoked.
   *
   * @default none
   * @example { month: "2026-11" }
   */
  tokenRotationTriggers?: Input<Record<string, any>>; // eslint-disable-line @typescript-eslint/no-explicit-any
  /**
   * The age in days, at least 1, at which the token is replaced: the first update after so many days creates a new token and
   * moves the cluster to it before the old one is revoked. `tokenRotationTriggers` apply too.
   *
   * @default none: the age replaces nothing
   * @example 90
   */
  tokenRotateAfterDays?: Input<number>;
  /**
   * Whether the update waits until GitLab reports that the agent used its token. In a rotation the old token is revoked only
   * afterwards, and a failed wait revokes nothing. Ready pods alone do not prove that the agent is connected.
   *
   * @default true
   * @example false
   */
  awaitConnection?: boolean;
  /**
   * The limit of that wait in seconds, from 1 to 86400.
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
   * Whether the component creates the namespace, and deletes it with everything in it. The chart creates none.
   *
   * @default true without `namespace`, false with it
   * @example false
   */
  createNamespace?: boolean;
  /**
   * Where the agent connects to GitLab: an address of the scheme `wss`, `ws`, `grpcs` or `grpc`. Not used by a receptive
   * agent.
   *
   * @default GitLab's own (`getKas()`): one request in each preview and update
   * @example "wss://kas.gitlab.example.com"
   */
  kasAddress?: Input<string | undefined>;
  /**
   * Makes GitLab connect to the agent, for agents that cannot connect to GitLab. Needs GitLab Ultimate, self-managed.
   *
   * @default none: the agent connects to GitLab
   * @example { url: "grpcs://agent.example.com:443" }
   */
  receptive?: ReceptiveAgentArgs;
  /**
   * The number of the agent's pods. With more than one, the agent stays connected while the release is updated.
   *
   * @default the chart's: 2
   * @example 1
   */
  replicas?: Input<number>;
  /**
   * Values of the chart, merged into the component's at every depth: objects are merged, list entries are appended to
   * the component's, and all other values replace the component's. `config.token` is refused. The cluster stores all values, secrets
   * included, in plain text in the history of the release.
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
   * @default the newest at the first update; later updates keep that version
   * @example "2.7.0"
   */
  version?: Input<string>;
  /**
   * The chart's repository.
   *
   * @default `https://charts.gitlab.io`; none if `chart` is an OCI address or a path
   * @example "https://charts.example.com"
   */
  repository?: Input<string>;
}

import * as pulumi from "@pulumi/pulumi";
import { keepDeclaringLine } from "./callSite";
import { declare } from "./declaration";
import { PERMANENT } from "./permanent";

/**
 * The URL configuration of a receptive agent: where GitLab connects to an agent that cannot connect to GitLab.
 *
 * Without `clientCert` and `clientKey` GitLab makes a key pair and authenticates with JWT: give the agent `publicKey`. With
 * them it authenticates by mTLS. An agent has at most one URL configuration, and GitLab has no way to change it: any change
 * of an input replaces it, the old one going first on the same agent.
 *
 * Needs GitLab Ultimate, self-managed, with receptive agents switched on by an administrator, and the Maintainer role.
 * The id in Pulumi's state is `<project>:<agentId>:<urlConfigurationId>`.
 *
 * @example
 * ```ts
 * import { ClusterAgent, ReceptiveUrlConfig } from "pulumi-gitlab-agent";
 *
 * const agent = new ClusterAgent("edge", { project: "group/app" });
 * const config = new ReceptiveUrlConfig("edge", {
 *   project: agent.project,
 *   agentId: agent.agentId,
 *   url: "grpcs://agent.example.com:443",
 * });
 * export const publicKey = config.publicKey;
 * ```
 *
 * @see https://docs.gitlab.com/api/cluster_agents/#create-an-agent-url-configuration
 */
export class ReceptiveUrlConfig extends pulumi.CustomResource {
  /** @internal */
  static readonly __pulumiType = PERMANENT.ReceptiveUrlConfig.type;

  /**
   * Looks up an existing URL configuration, without managing it. GitLab never returns its client key.
   *
   * @param name the name of the resource in this program
   * @param id `<project>:<agentId>:<urlConfigurationId>`, for example `group/app:7:3`
   * @param opts resource options, such as `provider`
   * @example
   * ```ts
   * import { ReceptiveUrlConfig } from "pulumi-gitlab-agent";
   *
   * const config = ReceptiveUrlConfig.get("edge", "group/app:7:3");
   * export const url = config.url;
   * ```
   */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts?: pulumi.CustomResourceOptions): ReceptiveUrlConfig {
    return new ReceptiveUrlConfig(name, undefined as never, { ...opts, id });
  }

  /** Whether an object is a ReceptiveUrlConfig, also where the package is loaded twice. */
  static override isInstance(object: unknown): object is ReceptiveUrlConfig {
    return (
      pulumi.CustomResource.isInstance(object) &&
      (object as { __pulumiType?: string }).__pulumiType === ReceptiveUrlConfig.__pulumiType
    );
  }

  /**
   * The project, as it was given.
   *
   * @example "group/app"
   */
  declare readonly project: pulumi.Output<string | number>;
  /**
   * The agent's numeric id.
   *
   * @example 7
   */
  declare readonly agentId: pulumi.Output<number>;
  /**
   * Where GitLab reaches the agent.
   *
   * @example "grpcs://agent.example.com:443"
   */
  declare readonly url: pulumi.Output<string>;
  /**
   * The certificate by which GitLab authenticates to the agent, PEM (mTLS).
   *
   * @example "-----BEGIN CERTIFICATE-----\n…"
   */
  declare readonly clientCert: pulumi.Output<string | undefined>;
  /**
   * Its private key, PEM. Always secret. GitLab never returns it: the state keeps what was declared.
   *
   * @example receptive.clientKey.apply((key) => key === undefined)
   */
  declare readonly clientKey: pulumi.Output<string | undefined>;
  /**
   * The certificates by which GitLab trusts the agent's endpoint, PEM.
   *
   * @example "-----BEGIN CERTIFICATE-----\n…"
   */
  declare readonly caCert: pulumi.Output<string | undefined>;
  /**
   * The host name that GitLab expects in the certificate of the agent's endpoint.
   *
   * @example "agent.example.com"
   */
  declare readonly tlsHost: pulumi.Output<string | undefined>;
  /**
   * The configuration's numeric id.
   *
   * @example 3
   */
  declare readonly urlConfigurationId: pulumi.Output<number>;
  /**
   * GitLab's public key (Ed25519, base64), which the agent trusts (JWT); undefined with mTLS.
   *
   * @example export const publicKey = receptive.publicKey;
   */
  declare readonly publicKey: pulumi.Output<string | undefined>;

  /**
   * Creates a URL configuration.
   *
   * @param name the name of the resource
   * @param args what to create
   * @param opts resource options. `import: "<project>:<agentId>:<id>"` takes over the existing configuration
   */
  constructor(name: string, args: ReceptiveUrlConfigArgs, opts?: pulumi.CustomResourceOptions) {
    // Secret among the inputs too, also where the program gave it in plain.
    const inputs = args?.clientKey == null ? args : { ...args, clientKey: pulumi.secret(args.clientKey) };
    const declaration = declare("ReceptiveUrlConfig", inputs, OUTPUTS, opts, ["clientKey"]);
    const restore = keepDeclaringLine();
    try {
      super(ReceptiveUrlConfig.__pulumiType, name, declaration.props, declaration.opts);
    } finally {
      restore();
    }
  }
}

const OUTPUTS = [
  "project",
  "agentId",
  "url",
  "clientCert",
  "clientKey",
  "caCert",
  "tlsHost",
  "urlConfigurationId",
  "publicKey",
];

/** What to create. Every change replaces the configuration; another spelling of the same PEM or project is no change. */
export interface ReceptiveUrlConfigArgs {
  /**
   * The project of the agent: its numeric id or its full path, best taken from the agent: `agent.project`.
   *
   * @example agent.project
   */
  project: pulumi.Input<string | number>;
  /**
   * The agent's numeric id, best taken from the agent: `agent.agentId`.
   *
   * @example agent.agentId
   */
  agentId: pulumi.Input<number>;
  /**
   * Where GitLab reaches the agent: `grpc://host:port`, or `grpcs://host:port` with TLS, which a client certificate needs. No
   * credentials and no path in it. Without a port gRPC's default serves, 443.
   *
   * @example "grpcs://agent.example.com:443"
   */
  url: pulumi.Input<string>;
  /**
   * The certificate by which GitLab authenticates to the agent (mTLS): PEM, with `clientKey` or not at all.
   *
   * @default none: GitLab makes a key pair and authenticates with JWT
   * @example readFileSync("client.pem", "utf8")
   */
  clientCert?: pulumi.Input<string>;
  /**
   * The private key of `clientCert`: PEM, without a passphrase. Always secret.
   *
   * @default none
   * @example new pulumi.Config().requireSecret("clientKey")
   */
  clientKey?: pulumi.Input<string>;
  /**
   * The certificates by which GitLab trusts the agent's endpoint: one or more, PEM.
   *
   * @default the CAs that GitLab trusts
   * @example readFileSync("ca.pem", "utf8")
   */
  caCert?: pulumi.Input<string>;
  /**
   * The host name that GitLab expects in the certificate of the agent's endpoint, without port.
   *
   * @default the host of `url`
   * @example "agent.example.com"
   */
  tlsHost?: pulumi.Input<string>;
}

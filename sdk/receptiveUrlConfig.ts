import * as pulumi from "@pulumi/pulumi";
import { keepDeclaringLine } from "./callSite";
import { declare } from "./declaration";
import { permanent } from "./permanent";

/**
 * The URL configuration of a receptive agent: the address at which GitLab connects to an agent that cannot connect to GitLab.
 *
 * Without `clientCert` and `clientKey` GitLab creates a key pair and authenticates with JWT: give the agent `publicKey`. With
 * them it authenticates with mTLS. An agent has at most one URL configuration, and GitLab cannot update it: any change
 * of an input replaces it. On the same agent the old one is deleted first.
 *
 * Needs GitLab Ultimate, self-managed, with receptive agents enabled by an administrator, and the Maintainer role.
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
  static readonly __pulumiType = permanent("ReceptiveUrlConfig").type;

  /**
   * Looks up an existing URL configuration without managing it. GitLab never returns its client key.
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

  /** Whether an object is a ReceptiveUrlConfig, also if the package is loaded twice. */
  static override isInstance(object: unknown): object is ReceptiveUrlConfig {
    return (
      pulumi.CustomResource.isInstance(object) &&
      (object as { __pulumiType?: string }).__pulumiType === ReceptiveUrlConfig.__pulumiType
    );
  }

  /**
   * The project as declared.
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
   * The address at which GitLab reaches the agent.
   *
   * @example "grpcs://agent.example.com:443"
   */
  declare readonly url: pulumi.Output<string>;
  /**
   * The certificate with which GitLab authenticates to the agent, PEM (mTLS).
   *
   * @example "-----BEGIN CERTIFICATE-----\n…"
   */
  declare readonly clientCert: pulumi.Output<string | undefined>;
  /**
   * Its private key, PEM. Always secret. GitLab never returns it: the state keeps the declared one.
   *
   * @example receptive.clientKey.apply((key) => key === undefined)
   */
  declare readonly clientKey: pulumi.Output<string | undefined>;
  /**
   * The CA certificates with which GitLab verifies the agent's endpoint, PEM.
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
   * @param opts resource options. `import: "<project>:<agentId>:<id>"` imports the existing configuration
   */
  constructor(name: string, args: ReceptiveUrlConfigArgs, opts?: pulumi.CustomResourceOptions) {
    // Secret among the inputs too, also if the program passed plain text.
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

/** What to create. Every change replaces the configuration; another spelling of the same PEM or project is not a change. */
export interface ReceptiveUrlConfigArgs {
  /**
   * The project of the agent: its numeric id or its full path, usually `agent.project`.
   *
   * @example agent.project
   */
  project: pulumi.Input<string | number>;
  /**
   * The agent's numeric id, usually `agent.agentId`.
   *
   * @example agent.agentId
   */
  agentId: pulumi.Input<number>;
  /**
   * The address at which GitLab reaches the agent: `grpc://host:port`, or `grpcs://host:port` with TLS, which a client certificate
   * needs. No credentials and no path. The default port is gRPC's, 443.
   *
   * @example "grpcs://agent.example.com:443"
   */
  url: pulumi.Input<string>;
  /**
   * The certificate with which GitLab authenticates to the agent (mTLS): PEM. Set it together with `clientKey`.
   *
   * @default none: GitLab creates a key pair and authenticates with JWT
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
   * The CA certificates with which GitLab verifies the agent's endpoint: one or more, PEM.
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

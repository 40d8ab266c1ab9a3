import type { Input } from "@pulumi/pulumi";

/**
 * How GitLab reaches the agent, and how the two authenticate. Set other parts of the chart (its Service, its
 * ingress, ports) in `values`. Every change replaces GitLab's URL configuration, the old one first, or the Secret.
 */
export interface ReceptiveAgentArgs {
  /**
   * The address at which GitLab reaches the agent: `grpc://host:port`, or `grpcs://host:port` with TLS.
   *
   * @example "grpcs://agent.example.com:443"
   */
  url: Input<string>;
  /**
   * The certificate with which GitLab authenticates to the agent (mTLS): PEM. Set it together with `clientKey`.
   *
   * @default none: GitLab creates a key pair and authenticates with JWT, as GitLab recommends
   * @example readFileSync("client.pem", "utf8")
   */
  clientCert?: Input<string>;
  /**
   * The private key of `clientCert`: PEM. Always secret; it is sent to GitLab, not to the cluster.
   *
   * @default none
   * @example config.requireSecret("clientKey")
   */
  clientKey?: Input<string>;
  /**
   * The CA certificates with which GitLab verifies the agent's endpoint: PEM.
   *
   * @default the CAs that GitLab trusts
   * @example readFileSync("ca.pem", "utf8")
   */
  caCert?: Input<string>;
  /**
   * The host name that GitLab expects in the certificate of the agent's endpoint.
   *
   * @default the host of `url`
   * @example "agent.example.com"
   */
  tlsHost?: Input<string>;
  /**
   * The CA certificates with which the agent verifies GitLab's `clientCert` (mTLS): PEM.
   *
   * @default `clientCert` itself: only that certificate
   * @example readFileSync("client-ca.pem", "utf8")
   */
  clientCaCert?: Input<string>;
  /**
   * TLS of the agent's own endpoint: certificate and private key, PEM, for the Secret's keys `tls.crt` and `tls.key`. The
   * key is always secret. The endpoint has TLS if this is set, with JWT too. Required for mTLS, and for `grpcs://` with
   * JWT if no ingress ends TLS in front of the agent.
   *
   * @default none: the endpoint has no TLS of its own
   * @example { cert: readFileSync("tls.pem", "utf8"), key: config.requireSecret("tlsKey") }
   */
  tls?: {
    /**
     * The certificate of the endpoint, with its chain: PEM.
     *
     * @example readFileSync("tls.pem", "utf8")
     */
    cert: Input<string>;
    /**
     * The private key of the certificate: PEM. Always secret.
     *
     * @example config.requireSecret("tlsKey")
     */
    key: Input<string>;
  };
  /**
   * Keys of the Secret in addition to ours, or instead of ours: `api-jwt`, `tls.crt`, `tls.key`, `client-ca.crt`. Not `token`, which
   * is always the agent's. The pods find each key as a file in `/etc/gitlab-agent-installation`; `values.extraArgs` can name it.
   * Always secret.
   *
   * @default none
   * @example { "ca.crt": readFileSync("ca.pem", "utf8") }
   */
  stringData?: Input<Record<string, Input<string>>>;
}

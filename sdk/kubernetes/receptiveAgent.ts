import * as pulumi from "@pulumi/pulumi";
import { coded } from "../coded";
import type { ReceptiveUrlConfig, ReceptiveUrlConfigArgs } from "../receptiveUrlConfig";
import type { ReceptiveAgentArgs } from "./receptiveAgentArgs";
import type { Values } from "./values";

type SecretContent = Record<string, pulumi.Input<string>>;

/** The URL configuration of a receptive agent in GitLab, and what its pods need. */
export interface ReceptiveAgent {
  urlConfig: ReceptiveUrlConfig;
  /** The contents of the agent's Secret in addition to the token. */
  stringData: pulumi.Input<SecretContent>;
  /** The chart's values, for a Secret of that name. */
  values(secretName: pulumi.Input<string>): Values;
}

/** The volume of our Secret and its folder in the pods, separate from the chart's. */
const VOLUME = "agent-installation";
const FOLDER = "/etc/gitlab-agent-installation";

/**
 * Creates the agent's URL configuration and collects what the pods need: with JWT GitLab's public key, with
 * mTLS the certificate to trust.
 *
 * All of it, the token too, reaches the pods by a volume and arguments of ours, never by `config.secretName`: for a receptive
 * agent the chart creates a Secret of its own, with the key by which its pods authenticate to each other, under that name. Helm
 * refuses that if a Secret of that name exists. No value is set for the certificates and the public key, since the chart's
 * arguments for them follow `extraArgs` and name files of its own Secret.
 *
 * @throws Error for a client certificate without a certificate for the agent's endpoint
 */
export function receptiveAgent(
  name: string,
  agent: Pick<ReceptiveUrlConfigArgs, "project" | "agentId">,
  args: ReceptiveAgentArgs,
  gitlab: pulumi.CustomResourceOptions,
  UrlConfig: typeof ReceptiveUrlConfig,
): ReceptiveAgent {
  const { url, clientCert, clientKey, caCert, tlsHost, clientCaCert, tls, stringData } = args;
  const { project, agentId } = agent;
  const mutual = clientCert != null;
  if (mutual && tls == null) {
    throw new pulumi.RunError(
      coded(
        `AgentInstallation "${name}" is given \`receptive.clientCert\` (mTLS) without \`receptive.tls\`: the agent's endpoint would have no certificate, and mTLS needs one on each side. Give \`receptive.tls\` with \`cert\` and \`key\` of the agent's endpoint, or leave out \`clientCert\` and \`clientKey\` to use JWT.`,
      ),
    );
  }
  const urlConfig = new UrlConfig(name, { project, agentId, url, clientCert, clientKey, caCert, tlsHost }, gitlab);
  const content: SecretContent = {
    ...(mutual
      ? { "client-ca.crt": clientCaCert ?? (urlConfig.clientCert as pulumi.Output<string>) }
      : { "api-jwt": urlConfig.publicKey as pulumi.Output<string> }),
    ...(tls == null ? {} : { "tls.crt": tls.cert, "tls.key": tls.key }),
  };
  return {
    urlConfig,
    stringData: stringData === undefined ? content : pulumi.output(stringData).apply((own) => ({ ...content, ...own })),
    values: (secretName) => ({
      config: { receptive: { enabled: true } },
      extraArgs: [
        `--token-file=${FOLDER}/token`,
        ...(mutual
          ? ["--api-mtls", `--api-client-ca-cert-file=${FOLDER}/client-ca.crt`]
          : [`--api-jwt-file=${FOLDER}/api-jwt`]),
        ...(tls == null ? [] : [`--api-cert-file=${FOLDER}/tls.crt`, `--api-key-file=${FOLDER}/tls.key`]),
      ],
      extraVolumes: [{ name: VOLUME, secret: { secretName } }],
      extraVolumeMounts: [{ name: VOLUME, mountPath: FOLDER, readOnly: true }],
    }),
  };
}

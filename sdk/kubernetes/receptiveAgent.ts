import { randomBytes } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { ReceptiveUrlConfig, type ReceptiveUrlConfigArgs } from "../receptiveUrlConfig";
import type { ReceptiveAgentArgs } from "./receptiveAgentArgs";
import type { Values } from "./values";

type SecretContent = Record<string, pulumi.Input<string>>;

/** GitLab's side of a receptive agent, and what the cluster's side gets from it. */
export interface ReceptiveAgent {
  urlConfig: ReceptiveUrlConfig;
  /** What the agent's Secret holds besides the token. */
  stringData: pulumi.Input<SecretContent>;
  /** The chart's values, for a Secret of that name. */
  values(secretName: pulumi.Input<string>): Values;
}

/** Where the pods find the certificates by which they trust GitLab (mTLS): of our own choosing, apart from the chart's. */
const CLIENT_CA_FOLDER = "/etc/agentk/api-client-ca";
const CLIENT_CA_KEY = "client-ca.crt";

/**
 * Makes the agent's URL configuration, and puts together what the chart needs of it. With JWT that is GitLab's public key;
 * with mTLS the certificate to trust, which the chart has no values for: it reaches the agent by arguments and a volume.
 */
export function receptiveAgent(
  name: string,
  agent: Pick<ReceptiveUrlConfigArgs, "project" | "agentId">,
  args: ReceptiveAgentArgs,
  gitlab: pulumi.CustomResourceOptions,
  parent: pulumi.CustomResourceOptions,
): ReceptiveAgent {
  const { url, clientCert, clientKey, caCert, tlsHost, clientCaCert, tls, stringData } = args;
  const { project, agentId } = agent;
  const mutual = clientCert !== undefined;
  const urlConfig = new ReceptiveUrlConfig(
    name,
    { project, agentId, url, clientCert, clientKey, caCert, tlsHost },
    gitlab,
  );
  const content: SecretContent = {
    ...(mutual
      ? { [CLIENT_CA_KEY]: clientCaCert ?? (urlConfig.clientCert as pulumi.Output<string>) }
      : { "api-jwt": urlConfig.publicKey as pulumi.Output<string> }),
    "private-api-jwt": privateApiSecret(name, parent),
    ...(tls === undefined ? {} : { "tls.crt": tls.cert, "tls.key": tls.key }),
  };
  return {
    urlConfig,
    stringData: stringData === undefined ? content : pulumi.output(stringData).apply((own) => ({ ...content, ...own })),
    values: (secretName) => ({
      config: {
        receptive: { enabled: true },
        api: {
          // Public, and what GitLab's instructions set. The Secret holds it too, since the chart makes none of its own.
          ...(mutual ? {} : { jwtPublicKey: urlConfig.publicKey }),
          ...(tls === undefined ? {} : { tls: { enabled: true } }),
        },
      },
      ...(mutual ? trustInClient(secretName) : {}),
    }),
  };
}

/**
 * What the agent's pods authenticate to each other by: 64 random bytes, made once. The state keeps them, encrypted: a Stash
 * holds what it was made with, and whatever this program draws in later runs is ignored. `pulumi up --replace` draws anew.
 */
function privateApiSecret(name: string, parent: pulumi.CustomResourceOptions): pulumi.Output<string> {
  const stash = new pulumi.Stash(
    `${name}-private-api-jwt`,
    { input: pulumi.secret(randomBytes(64).toString("base64")) },
    { ...parent, ignoreChanges: ["input"] },
  );
  return stash.input as pulumi.Output<string>;
}

function trustInClient(secretName: pulumi.Input<string>): Values {
  const volume = "api-client-ca";
  return {
    extraArgs: ["--api-mtls", `--api-client-ca-cert-file=${CLIENT_CA_FOLDER}/${CLIENT_CA_KEY}`],
    extraVolumes: [{ name: volume, secret: { secretName, items: [{ key: CLIENT_CA_KEY, path: CLIENT_CA_KEY }] } }],
    extraVolumeMounts: [{ name: volume, mountPath: CLIENT_CA_FOLDER, readOnly: true }],
  };
}

import * as pulumi from "@pulumi/pulumi";
import { AgentInstallation } from "pulumi-gitlab-agent/kubernetes";
import { certificates } from "./certificates";

const config = new pulumi.Config();
const url = config.require("url");
const host = new URL(url).hostname;

// With mTLS the agent's endpoint needs its own TLS. With JWT an ingress may end TLS in front of it.
const tls = config.requireBoolean("mtls") ? certificates("agent", { server: host, client: "gitlab" }) : undefined;

const installation = new AgentInstallation("edge", {
  project: config.require("project"),
  receptive: {
    url,
    ...(tls && {
      clientCert: tls.client.cert,
      clientKey: tls.client.key,
      caCert: tls.authority,
      clientCaCert: tls.authority,
      tls: tls.server,
    }),
  },
  values: {
    ingress: { enabled: tls === undefined, hostname: host },
    service: tls && { type: "LoadBalancer", externalPort: 443 },
  },
});

export const agentId = installation.agent.agentId;
/** GitLab's key, which the agent trusts with JWT; undefined with mTLS. */
export const publicKey = installation.urlConfig?.publicKey;

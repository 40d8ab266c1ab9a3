import type * as pulumi from "@pulumi/pulumi";
import { getKasOutput } from "../getKas";

/**
 * Where GitLab says that agents connect.
 *
 * @throws Error, when it is known, where GitLab's agent server is off
 */
export function kasAddress(opts: pulumi.InvokeOutputOptions): pulumi.Output<string> {
  return getKasOutput(opts).apply(({ enabled, externalUrl }) => {
    if (enabled && externalUrl !== undefined) return externalUrl;
    throw new Error(
      "GitLab tells no address for agents to connect to (GET /metadata): its agent server (KAS) is off. Ask an administrator to switch it on, or give `kasAddress` where agents reach it by another address.",
    );
  });
}

import * as pulumi from "@pulumi/pulumi";
import { getKasOutput } from "../getKas";

/**
 * Where agents connect: as given, or as GitLab says.
 *
 * @throws Error, when it is known, where there is no address: the chart's own default is that of GitLab.com
 */
export function kasAddress(
  given: pulumi.Input<string | undefined> | undefined,
  opts: pulumi.InvokeOutputOptions,
): pulumi.Output<string> {
  const address =
    given === undefined
      ? getKasOutput(opts).apply(({ enabled, externalUrl }) => (enabled ? externalUrl : undefined))
      : pulumi.output(given);
  return address.apply((known) => {
    if (known) return known;
    throw new pulumi.RunError(
      "GitLab tells no address for agents to connect to (`kas` in GET /metadata): its agent server (KAS) is off. Ask an administrator to switch it on, or give `kasAddress` where agents reach it all the same.",
    );
  });
}

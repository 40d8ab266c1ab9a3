import * as pulumi from "@pulumi/pulumi";
import { coded } from "../coded";
import { getKasOutput } from "../getKas";

/**
 * The address to which agents connect: the given one, or GitLab's own.
 *
 * @throws Error, when GitLab's response is known, if it has no address: the chart's default would be GitLab.com's
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
      coded(
        "GitLab reports no address for agents to connect to (`kas` in GET /metadata): its agent server (KAS) is disabled. Ask an administrator to enable it, or set `kasAddress` if agents can reach it anyway.",
      ),
    );
  });
}

import * as pulumi from "@pulumi/pulumi";
import { coded } from "../coded";
import type { GetKasResult } from "../getKas";

/** The lookup of GitLab's agent server, of the dynamic resources or of the native plugin. */
export type GetKasOutput = (
  opts: pulumi.InvokeOutputOptions,
) => pulumi.Output<Pick<GetKasResult, "enabled" | "externalUrl">>;

/**
 * The address to which agents connect: the given one, or GitLab's own.
 *
 * @param lookUp asks GitLab; called if no address is given
 * @throws Error, when GitLab's response is known, if it has no address: the chart's default would be GitLab.com's
 */
export function kasAddress(
  given: pulumi.Input<string | undefined> | undefined,
  lookUp: () => ReturnType<GetKasOutput>,
): pulumi.Output<string> {
  const address =
    given === undefined
      ? lookUp().apply(({ enabled, externalUrl }) => (enabled ? externalUrl : undefined))
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

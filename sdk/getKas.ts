import type * as pulumi from "@pulumi/pulumi";
import { lookup, lookupOutput } from "./lookup";

/** GitLab's agent server (KAS) and its GitLab, as `/metadata` returns them. */
export interface GetKasResult {
  /**
   * Whether the agent server is enabled.
   *
   * @example true
   */
  enabled: boolean;
  /**
   * Where agents connect, such as `wss://kas.gitlab.com`: the chart's `config.kasAddress`. Undefined if it is disabled.
   *
   * @example "wss://kas.gitlab.com"
   */
  externalUrl: string | undefined;
  /**
   * Where users reach clusters through GitLab; undefined if it is disabled, or in older versions.
   *
   * @example "https://kas.gitlab.com/k8s-proxy"
   */
  externalK8sProxyUrl: string | undefined;
  /**
   * The agent server's version; undefined if it is disabled.
   *
   * @example "18.3.0"
   */
  version: string | undefined;
  /**
   * The GitLab instance.
   *
   * @example kas.gitlab.version
   */
  gitlab: {
    /**
     * Its version, such as `18.3.0-ee`.
     *
     * @example "18.3.0-ee"
     */
    version: string;
    /**
     * The revision that it was built from.
     *
     * @example "4d93aab"
     */
    revision: string;
    /**
     * Whether it is an enterprise build; undefined in older versions.
     *
     * @example true
     */
    enterprise: boolean | undefined;
  };
}

/**
 * Looks up GitLab's agent server (KAS), whose address every agent needs. Any valid credential works.
 *
 * @param opts `provider`: an explicit provider; `parent`: a resource whose provider is used. Default: the stack's configuration
 * @throws LookupError if GitLab refuses the credential or cannot be reached
 * @example
 * ```ts
 * import { getKas } from "pulumi-gitlab-agent";
 *
 * export const kasAddress = getKas().then((kas) => kas.externalUrl);
 * ```
 * @see https://docs.gitlab.com/api/metadata/
 */
export function getKas(opts?: pulumi.InvokeOptions): Promise<GetKasResult> {
  return lookup("getKas", {}, opts);
}

/**
 * Like {@link getKas}, but returns an output: for explicit providers whose settings come from other resources.
 *
 * @example
 * ```ts
 * import { getKasOutput } from "pulumi-gitlab-agent";
 *
 * export const kasAddress = getKasOutput().externalUrl;
 * ```
 */
export function getKasOutput(opts?: pulumi.InvokeOutputOptions): pulumi.Output<GetKasResult> {
  return lookupOutput("getKas", {}, opts);
}

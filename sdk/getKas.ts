import type * as pulumi from "@pulumi/pulumi";
import { lookup, lookupOutput } from "./lookup";

/** GitLab's agent server (KAS), and the GitLab that it belongs to, as `/metadata` describes them. */
export interface GetKasResult {
  /**
   * Whether the agent server is on.
   *
   * @example true
   */
  enabled: boolean;
  /**
   * Where agents connect, such as `wss://kas.gitlab.com`: the chart's `config.kasAddress`. Undefined where it is off.
   *
   * @example "wss://kas.gitlab.com"
   */
  externalUrl: string | undefined;
  /**
   * Where users reach clusters through GitLab; undefined where it is off, or in older versions.
   *
   * @example "https://kas.gitlab.com/k8s-proxy"
   */
  externalK8sProxyUrl: string | undefined;
  /**
   * The agent server's version; undefined where it is off.
   *
   * @example "18.3.0"
   */
  version: string | undefined;
  /**
   * The GitLab itself.
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
 * Looks up GitLab's agent server, which every agent has to be told. Any valid credential may.
 *
 * @param opts `provider`: an explicit provider; `parent`: a resource whose provider serves. Default: the stack's settings
 * @throws LookupError where GitLab refuses the credential or cannot be reached
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
 * As {@link getKas}, as an output: for explicit providers whose settings come from other resources.
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

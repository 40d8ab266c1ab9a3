import * as pulumi from "@pulumi/pulumi";

/**
 * What a `get…` function fails with. Pulumi shows its message alone, without a stack. The message says what was looked up,
 * method, path and status, GitLab's words and the next step, and holds no secret.
 *
 * @example
 * ```ts
 * import { getClusterAgent, LookupError } from "pulumi-gitlab-agent";
 *
 * const agent = await getClusterAgent({ project: "group/app", name: "production" }).catch((error: unknown) => {
 *   if (error instanceof LookupError && error.notFound) return undefined;
 *   throw error;
 * });
 * ```
 */
export class LookupError extends pulumi.RunError {
  /**
   * The error's class, for programs that load the package twice and cannot use `instanceof`.
   *
   * @example "LookupError"
   */
  override readonly name = "LookupError";
  /**
   * The status of GitLab's answer; undefined where there was none.
   *
   * @example 404
   */
  readonly status?: number;
  /**
   * There is no such object, or GitLab shows this credential none.
   *
   * @example if (error instanceof LookupError && error.notFound) return undefined;
   */
  readonly notFound: boolean;

  constructor(message: string, facts: { status?: number; notFound?: boolean } = {}) {
    super(message);
    if (facts.status !== undefined) this.status = facts.status;
    this.notFound = facts.notFound ?? facts.status === 404;
  }
}

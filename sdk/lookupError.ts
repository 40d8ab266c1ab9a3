import * as pulumi from "@pulumi/pulumi";

/**
 * The error of a `get…` function. Pulumi shows only its message, without a stack. The message says what was looked up,
 * method, path and status, GitLab's words and the next step. It contains no secret.
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
   * The name of the class, for programs that load the package twice and cannot use `instanceof`.
   *
   * @example "LookupError"
   */
  override readonly name = "LookupError";
  /**
   * The HTTP status of GitLab's response; undefined if there was none.
   *
   * @example 404
   */
  readonly status?: number;
  /**
   * Whether the object does not exist, or GitLab hides it from this credential.
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

import type { ContentfulStatusCode } from "hono/utils/http-status";

/** An error response of GitLab: checks throw it, and one place turns it into a response. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    readonly status: ContentfulStatusCode,
    /** JSON body, or a text that is sent unchanged. */
    readonly body: Record<string, unknown> | string,
    readonly headers: Record<string, string> = {},
  ) {
    super(typeof body === "string" ? body : JSON.stringify(body));
  }
}

const withMessage = (status: ContentfulStatusCode, message: string): ApiError => new ApiError(status, { message });

export const unauthorized = (): ApiError => withMessage(401, "401 Unauthorized");
export const forbidden = (reason?: string): ApiError =>
  withMessage(403, reason === undefined ? "403 Forbidden" : `403 Forbidden - ${reason}`);

/** GitLab's `not_found!`: with a resource's name, or bare. */
export const notFound = (resource?: string): ApiError =>
  withMessage(404, resource === undefined ? "404 Not Found" : `404 ${resource} Not Found`);

/** The response when a finder raises; GitLab writes "found" in lower case. */
export const recordNotFound = (): ApiError => withMessage(404, "404 Not found");

export const unknownRoute = (): ApiError => new ApiError(404, { error: "404 Not Found" });
export const preconditionFailed = (): ApiError => withMessage(412, "412 Precondition Failed");

/** Parameters that Grape refuses before GitLab's own code runs. */
export const invalidParameters = (faults: string[]): ApiError => new ApiError(400, { error: faults.join(", ") });

/**
 * An error of a service. GitLab interpolates its reason into a string, so a list of messages appears in Ruby's
 * inspect form.
 */
export function badRequest(reason: string | string[]): ApiError {
  const text = typeof reason === "string" ? reason : `[${reason.map((one) => JSON.stringify(one)).join(", ")}]`;
  return withMessage(400, `400 Bad request - ${text}`);
}

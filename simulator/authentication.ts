import type { SimulatorContext } from "./context";
import { ApiError, forbidden, unauthorized } from "./errors";
import type { UserRecord } from "./records";

/**
 * The user of the request's credential: `PRIVATE-TOKEN`, `Authorization: Bearer`, or `private_token` in the query.
 * These endpoints do not accept job tokens.
 *
 * @returns undefined if no credential was sent
 * @throws ApiError 401 for an unknown or expired credential, 403 for an insufficient scope or a blocked user
 */
export function authenticated(c: SimulatorContext): UserRecord | undefined {
  const credential = sentCredential(c);
  if (credential === undefined) return undefined;
  const user = c.env.simulation.store.userByToken(credential);
  if (user === undefined) throw unauthorized();
  if (user.expired) {
    throw new ApiError(401, {
      error: "invalid_token",
      error_description: "Token is expired. You can either do re-authorization or token refresh.",
    });
  }
  const needed = c.req.method === "GET" || c.req.method === "HEAD" ? ["api", "read_api"] : ["api"];
  if (!needed.some((scope) => user.scopes.includes(scope))) {
    throw new ApiError(403, {
      error: "insufficient_scope",
      error_description: "The request requires higher privileges than provided by the access token.",
      scope: needed.join(" "),
    });
  }
  if (user.state === "blocked") throw forbidden("Your account has been blocked.");
  c.env.recorded.user = user.username;
  return user;
}

/** Like {@link authenticated}, for routes that require a credential. */
export function authenticate(c: SimulatorContext): UserRecord {
  const user = authenticated(c);
  if (user === undefined) throw unauthorized();
  return user;
}

/** The credential of a request, valid or not: GitLab's rate limit counts by it. */
export function sentCredential(c: SimulatorContext): string | undefined {
  const header = c.req.header("Private-Token");
  if (header !== undefined && header !== "") return header;
  const bearer = /^Bearer\s+(.+)$/i.exec(c.req.header("Authorization") ?? "")?.[1];
  if (bearer !== undefined) return bearer;
  const query = c.req.query("private_token");
  return query === undefined || query === "" ? undefined : query;
}

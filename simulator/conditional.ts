import type { SimulatorContext } from "./context";
import { preconditionFailed } from "./errors";

/**
 * `If-Unmodified-Since` of a DELETE. A header holds whole seconds while GitLab's own times do not, so that a record
 * counts as changed within the very second that is named.
 *
 * @throws ApiError 412 where the record is newer
 */
export function checkUnmodifiedSince(c: SimulatorContext, updatedAt: number): void {
  const since = Date.parse(c.req.header("If-Unmodified-Since") ?? "");
  if (!Number.isNaN(since) && updatedAt > since) throw preconditionFailed();
}

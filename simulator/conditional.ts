import type { SimulatorContext } from "./context";
import { preconditionFailed } from "./errors";

/**
 * `If-Unmodified-Since` of a DELETE. The header has whole seconds while GitLab's own times have fractions, so a record
 * counts as changed within the named second.
 *
 * @throws ApiError 412 if the record is newer
 */
export function checkUnmodifiedSince(c: SimulatorContext, updatedAt: number): void {
  const since = Date.parse(c.req.header("If-Unmodified-Since") ?? "");
  if (!Number.isNaN(since) && updatedAt > since) throw preconditionFailed();
}

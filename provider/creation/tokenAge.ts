import { gitLab } from "../configuration";

const DAY = 24 * 60 * 60 * 1000;

/**
 * Whether a token is old enough to be replaced, by GitLab's own clock if GitLab has responded to this process, otherwise by this
 * machine's. It sends nothing.
 *
 * @param createdAt ISO 8601, as GitLab wrote it
 * @param days the age from which on it is due; undefined: never
 */
export function isDue(createdAt: unknown, days: unknown): boolean {
  if (typeof days !== "number" || typeof createdAt !== "string") return false;
  const due = Date.parse(createdAt) + days * DAY;
  return !Number.isNaN(due) && now() >= due;
}

function now(): number {
  try {
    const operation = gitLab().begin("tell the age of a token");
    // The earliest possible time, so that a token is not replaced too early.
    return operation.serverTime(operation.now())?.earliest ?? Date.now();
  } catch {
    // Unusable settings: the next operation reports them.
    return Date.now();
  }
}

import { gitLab } from "../configuration";

const DAY = 24 * 60 * 60 * 1000;

/**
 * Whether a token is so many days old that it is to be replaced: by GitLab's own clock where this process has heard from
 * GitLab, else by this machine's. Nothing is sent.
 *
 * @param createdAt ISO 8601, as GitLab wrote it
 * @param days the age, from which on it is due; undefined: never
 */
export function isDue(createdAt: unknown, days: unknown): boolean {
  if (typeof days !== "number" || typeof createdAt !== "string") return false;
  const due = Date.parse(createdAt) + days * DAY;
  return !Number.isNaN(due) && now() >= due;
}

function now(): number {
  try {
    const operation = gitLab().begin("tell the age of a token");
    // The earliest that it can be: a token is not replaced before its time.
    return operation.serverTime(operation.now())?.earliest ?? Date.now();
  } catch {
    // Settings that cannot be used: whatever comes next says so.
    return Date.now();
  }
}

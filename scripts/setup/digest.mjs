import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";

/** A change of the lock file, of our program or of the language's version installs everything again. */
export function digest(folder, version) {
  const hash = createHash("sha256").update(version);
  for (const name of readdirSync(folder).sort()) {
    if (/\.(txt|go|mod|sum)$/.test(name)) hash.update(name).update(readFileSync(path.join(folder, name)));
  }
  return hash.digest("hex").slice(0, 16);
}

/** Says how a failed step ended, whose limit is 15 minutes. */
export const ended = ({ timedOut, code }) => (timedOut ? "took more than 15 minutes" : `failed with exit code ${code}`);

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { alive, say } from "./say.mjs";

/** The root of the checkout. */
export const repository = path.resolve(import.meta.dirname, "../..");

/** The folder of everything that set-up installs: outside the checkout, shared by all checkouts of this user. */
export const cache = path.join(process.env.XDG_CACHE_HOME || path.join(homedir(), ".cache"), "pulumi-gitlab-agent");

/** The name of a lock that only this checkout uses. */
export function ofThisCheckout(name) {
  return `${name}-${createHash("sha256").update(repository).digest("hex").slice(0, 12)}`;
}

/**
 * Runs `act` while holding the lock of that name, which one process of this user can hold. The lock is a folder with the holder's
 * process id in it (scripts/with-node.sh keeps the same kind); if its holder is dead, the lock is taken over.
 */
export async function withLock(name, act) {
  const lock = path.join(cache, "locks", name);
  mkdirSync(path.dirname(lock), { recursive: true });
  const waiting = alive(`another process holds the lock "${name}"; waiting for it`);
  try {
    while (!take(lock)) {
      if (abandoned(lock)) {
        // A rename succeeds for only one process, so two that find the same dead holder do not both continue.
        const dead = `${lock}.dead-${process.pid}`;
        try {
          renameSync(lock, dead);
        } catch {
          continue;
        }
        rmSync(dead, { recursive: true, force: true });
        continue;
      }
      waiting.begin();
      await sleep(250);
    }
  } finally {
    waiting.end();
  }
  const release = () => rmSync(lock, { recursive: true, force: true });
  process.once("exit", release);
  try {
    return await act();
  } finally {
    process.off("exit", release);
    release();
  }
}

function take(lock) {
  try {
    mkdirSync(lock);
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
  writeFileSync(path.join(lock, "pid"), `${process.pid}\n`);
  return true;
}

function abandoned(lock) {
  try {
    const pid = Number(readFileSync(path.join(lock, "pid"), "utf8").trim());
    if (!pid) return false;
    process.kill(pid, 0);
    return false;
  } catch (error) {
    if (error.code === "ESRCH") return true;
    if (error.code !== "ENOENT") return false;
  }
  // No process id in it: it is being created or released, or its holder died at that moment.
  try {
    return Date.now() - statSync(lock).mtimeMs > 60_000;
  } catch {
    return false;
  }
}

/**
 * Moves `staged` to `place` in one step, so that it is never seen incomplete. An existing one is replaced.
 */
export function moveIntoPlace(staged, place) {
  mkdirSync(path.dirname(place), { recursive: true });
  rmSync(place, { recursive: true, force: true });
  renameSync(staged, place);
  say(`put into ${place}`);
}

import { mkdirSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { repository } from "./cache.mjs";

/** The sources of dist/. A folder's time counts, too, since it changes when a file is removed. */
const SOURCES = ["provider", "sdk", "simulator", "cli", "package.json", "tsconfig.json", "tsconfig.build.json"];
const TOOLS = ["scripts/build.mjs", "scripts/plugin.mjs", "node_modules/.package-lock.json"];

const mark = path.join(repository, "node_modules/.cache/pulumi-gitlab-agent/built");

/** Whether the last build succeeded, and nothing that it read has changed since: a build without changes takes six seconds. */
export function isFresh() {
  const built = changedAt(mark);
  const results = ["dist/.tsbuildinfo", "dist/plugin/pulumi-resource-gitlab-agent", "dist/plugin/component.cjs"].map(
    (file) => changedAt(inside(file)),
  );
  if (built === undefined || results.includes(undefined)) return false;
  return [...SOURCES, ...TOOLS].every((name) => newest(inside(name)) < built);
}

/**
 * Records whether a build that began at `began` (milliseconds since 1970) succeeded. Changes during the build count for the next one.
 *
 * @param {boolean} succeeded
 * @param {number} began
 */
export function markBuilt(succeeded, began) {
  rmSync(mark, { force: true });
  if (!succeeded) return;
  mkdirSync(path.dirname(mark), { recursive: true });
  writeFileSync(mark, String(began));
  utimesSync(mark, began / 1000, began / 1000);
}

const inside = (name) => path.join(repository, name);

function changedAt(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs;
}

function newest(file) {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) return Infinity;
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(file).map((name) => newest(path.join(file, name))));
}

import { readFileSync } from "node:fs";
import * as path from "node:path";
import { repository } from "../support/repository";

interface Entry {
  version?: string;
  resolved?: string;
  link?: boolean;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

const text = readFileSync(path.join(repository, "package-lock.json"), "utf8");
const packages = (JSON.parse(text) as { packages: Record<string, Entry> }).packages;

test("the lock file names no registry host", () => {
  const resolved = Object.entries(packages).flatMap(([place, { resolved: at = "" }]) =>
    at ? [`${place}: ${at}`] : [],
  );
  expect(resolved.filter((line) => /:\/\//.test(line))).toEqual([]);
});

test("the lock file is complete: npm ci refuses it if a dependency is missing, also one of another platform", () => {
  const missing = Object.entries(packages).flatMap(([place, entry]) =>
    Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })
      .filter((name) => !places(place).some((folder) => packages[`${folder}node_modules/${name}`]))
      .map((name) => `${place} needs ${name}`),
  );
  expect(missing).toEqual([]);
});

// The places where Node.js looks for a package required at `place`: its own node_modules, then those of its parents.
function places(place: string): string[] {
  if (place === "") return [""];
  const parent = place.lastIndexOf("/node_modules/");
  return [`${place}/`, ...places(parent < 0 ? "" : place.slice(0, parent))];
}

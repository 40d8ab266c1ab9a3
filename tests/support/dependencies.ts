import { mkdirSync, readdirSync, symlinkSync } from "node:fs";
import * as path from "node:path";
import { repository } from "./repository";

/** Creates a node_modules with one link for each package in the repository's, including our own (npm's workspaces link it). */
export function linkDependencies(nodeModules: string): void {
  mkdirSync(nodeModules);
  for (const name of readdirSync(path.join(repository, "node_modules"))) {
    if (name !== ".package-lock.json")
      symlinkSync(path.join(repository, "node_modules", name), path.join(nodeModules, name));
  }
}

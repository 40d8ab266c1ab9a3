import { readFileSync, readdirSync, realpathSync, statSync } from "node:fs";
import * as path from "node:path";
import { PackageDependency, PackageParameterization } from "@pulumi/pulumi/proto/plugin_pb";

interface PackageJson {
  name?: string;
  version?: string;
  pulumi?: {
    resource?: boolean;
    name?: string;
    version?: string;
    server?: string;
    parameterization?: { name: string; version: string; value: string };
  };
}

/**
 * The provider packages that a program needs: every package in a node_modules below its folder, links followed, whose
 * package.json says `pulumi.resource`. Unreadable files are ignored, as in the official host.
 */
export function requiredPackages(folder: string): PackageDependency[] {
  return search(path.resolve(folder), false, new Set());
}

function search(folder: string, inNodeModules: boolean, visited: Set<string>): PackageDependency[] {
  if (visited.has(folder)) return [];
  const found = entries(folder);
  // A policy pack's plugins do not belong to the program. The program itself is visited first, whatever it is.
  const isPolicyPack = found.some(({ name }) => name === "PulumiPolicy.yaml" || name === "PulumiPolicy.yml");
  if (isPolicyPack && visited.size > 0) return [];
  visited.add(folder);
  const below = inNodeModules || path.basename(folder) === "node_modules";
  return found.flatMap((entry) => {
    const isPackage = inNodeModules && entry.name === "package.json";
    // Most entries are files of no interest, whose paths are not worth the time.
    if (entry.isFile() && !isPackage) return [];
    const place = entry.isSymbolicLink() ? target(path.join(folder, entry.name)) : `${folder}${path.sep}${entry.name}`;
    if (place === undefined) return [];
    if (entry.isDirectory() || (entry.isSymbolicLink() && statSync(place).isDirectory())) {
      return search(place, below, visited);
    }
    const dependencyThere = isPackage ? dependency(place) : undefined;
    return dependencyThere ? [dependencyThere] : [];
  });
}

function entries(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

function target(link: string): string | undefined {
  try {
    return realpathSync(link);
  } catch {
    return undefined;
  }
}

function dependency(file: string): PackageDependency | undefined {
  let json: PackageJson;
  try {
    const text = readFileSync(file, "utf8");
    // Hardly any package is Pulumi's, and parsing the others takes long.
    if (!text.includes('"pulumi"')) return undefined;
    json = JSON.parse(text) as PackageJson;
  } catch {
    return undefined;
  }
  const { name: npmName = "", pulumi } = json;
  if (pulumi?.resource !== true) return undefined;
  const name = pulumi.name || (npmName.startsWith("@pulumi/") ? npmName.slice("@pulumi/".length) : "");
  const version = pulumi.version || json.version;
  // Other packages must name their plugin.
  if (!name || !version) return undefined;
  const found = new PackageDependency();
  found.setName(name);
  found.setKind("resource");
  found.setVersion(version.startsWith("v") ? version : `v${version}`);
  found.setServer(pulumi.server ?? "");
  if (pulumi.parameterization) {
    const parameterization = new PackageParameterization();
    parameterization.setName(pulumi.parameterization.name);
    parameterization.setVersion(pulumi.parameterization.version);
    parameterization.setValue(pulumi.parameterization.value);
    found.setParameterization(parameterization);
  }
  return found;
}

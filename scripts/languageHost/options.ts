import type { ProgramInfo } from "@pulumi/pulumi/proto/language_pb";

/** The `runtime.options` of Pulumi.yaml. */
export interface RuntimeOptions {
  /** Load TypeScript sources by ts-node; default true. */
  typescript: boolean;
  /** Path of another tsconfig.json. */
  tsconfig: string;
  /** Arguments of the Node.js process. */
  nodeargs: string[];
  packagemanager: "auto" | PackageManager;
}

/** The package managers that install a program's dependencies. */
export type PackageManager = "npm" | "yarn" | "pnpm" | "bun";
export const packageManagers: readonly PackageManager[] = ["npm", "pnpm", "yarn", "bun"];

/** Reads the runtime options; a value of the wrong type is an error with the official host's text. */
export function runtimeOptions(info: ProgramInfo | undefined): RuntimeOptions {
  const given = (info?.getOptions()?.toJavaScript() ?? {}) as Record<string, unknown>;
  const text = (key: string) => {
    const value = given[key] ?? "";
    if (typeof value !== "string") throw new Error(`${key} option must be a string`);
    return value;
  };
  const typescript = given["typescript"] ?? true;
  if (typeof typescript !== "boolean") throw new Error("typescript option must be a boolean");
  const packagemanager = text("packagemanager") || "auto";
  if (packagemanager !== "auto" && !packageManagers.includes(packagemanager as PackageManager)) {
    throw new Error(`packagemanager option must be one of auto, npm, yarn, pnpm or bun, got "${packagemanager}"`);
  }
  return {
    typescript,
    tsconfig: text("tsconfig"),
    nodeargs: words(text("nodeargs")),
    packagemanager: packagemanager as RuntimeOptions["packagemanager"],
  };
}

/** Splits a command line as a shell does, quotes included. */
function words(line: string): string[] {
  const found = line.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? [];
  return found.map((word) =>
    word.replace(/"([^"]*)"|'([^']*)'/g, (_, double?: string, single?: string) => double ?? single ?? ""),
  );
}

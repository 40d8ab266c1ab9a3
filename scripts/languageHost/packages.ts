import { execFile, spawn } from "node:child_process";
import { accessSync, constants, existsSync, readFileSync, realpathSync } from "node:fs";
import * as path from "node:path";
import { promisify } from "node:util";
import * as language from "@pulumi/pulumi/proto/language_pb";
import { packageManagers, runtimeOptions, type PackageManager } from "./options";

interface PackageJson {
  name?: string;
  version?: string;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  workspaces?: string[] | { packages?: string[] };
}

/** Installs the program's dependencies with its package manager; its output is passed to `print` as it arrives. */
export async function installDependencies(
  request: language.InstallDependenciesRequest,
  print: (stream: "stdout" | "stderr", bytes: Uint8Array) => void,
): Promise<void> {
  const say = (text: string) => print("stdout", Buffer.from(text));
  const program = request.getInfo()?.getProgramDirectory() || request.getDirectory();
  say("Installing dependencies...\n\n");
  const root = workspaceRoot(program);
  if (root) say(`Detected workspace root at ${root}\n`);
  const folder = root ?? program;
  const manager = packageManager(request.getInfo(), folder);
  const args = manager === "npm" ? ["install", "--loglevel=error"] : ["install"];
  await new Promise<void>((resolve, reject) => {
    const child = spawn(manager, args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.on("data", (bytes: Buffer) => print("stdout", bytes));
    child.stderr.on("data", (bytes: Buffer) => print("stderr", bytes));
    child.on("error", (error) => reject(new Error(`${manager} could not be started: ${error.message}`)));
    child.on("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${manager} ${args.join(" ")} failed with exit code ${code}`));
    });
  });
  say("Finished installing dependencies\n\n");
}

/** The dependencies that package.json names, at their installed versions; on request those of the dependencies too. */
export function programDependencies(
  request: language.GetProgramDependenciesRequest,
): language.GetProgramDependenciesResponse {
  const folder = request.getInfo()?.getProgramDirectory() || request.getPwd();
  const json = readPackage(folder);
  if (!json) throw new Error(`failed to get node dependencies: there is no package.json in ${folder}`);
  const found = new Map<string, language.DependencyInfo>();
  collect({ ...json.dependencies, ...json.devDependencies }, folder, request.getTransitivedependencies(), found);
  const response = new language.GetProgramDependenciesResponse();
  response.setDependenciesList([...found.values()].sort((a, b) => a.getName().localeCompare(b.getName())));
  return response;
}

function collect(
  wanted: Record<string, string>,
  from: string,
  transitive: boolean,
  found: Map<string, language.DependencyInfo>,
): void {
  for (const name of Object.keys(wanted)) {
    const folder = installed(name, from);
    const json = folder === undefined ? undefined : readPackage(folder);
    if (folder === undefined || !json?.version || found.has(`${name}@${json.version}`)) continue;
    const dependency = new language.DependencyInfo();
    dependency.setName(name);
    dependency.setVersion(json.version);
    found.set(`${name}@${json.version}`, dependency);
    if (transitive) collect(json.dependencies ?? {}, folder, transitive, found);
  }
}

function installed(name: string, from: string): string | undefined {
  for (const folder of upwards(from)) {
    const place = path.join(folder, "node_modules", name);
    if (existsSync(path.join(place, "package.json"))) return place;
  }
  return undefined;
}

/** The program's Node.js and package manager, for `pulumi about`. */
export async function about(request: language.AboutRequest): Promise<language.AboutResponse> {
  const manager = packageManager(request.getInfo(), request.getInfo()?.getProgramDirectory() ?? ".");
  const response = new language.AboutResponse();
  response.setExecutable(onPath("node") ?? process.execPath);
  response.setVersion(await versionOf("node"));
  response.getMetadataMap().set("packagemanager", manager);
  response.getMetadataMap().set("packagemanagerVersion", await versionOf(manager));
  return response;
}

/** `pulumi new` asks for the package manager if Pulumi.yaml does not name one. */
export function runtimeOptionsPrompts(request: language.RuntimeOptionsRequest): language.RuntimeOptionsResponse {
  const response = new language.RuntimeOptionsResponse();
  if (request.getInfo()?.getOptions()?.toJavaScript()["packagemanager"] !== undefined) return response;
  const value = (text: string) => {
    const option = new language.RuntimeOptionPrompt.RuntimeOptionValue();
    option.setPrompttype(language.RuntimeOptionPrompt.RuntimeOptionType.STRING);
    option.setStringvalue(text);
    return option;
  };
  const prompt = new language.RuntimeOptionPrompt();
  prompt.setKey("packagemanager");
  prompt.setDescription("The package manager to use for installing dependencies");
  prompt.setPrompttype(language.RuntimeOptionPrompt.RuntimeOptionType.STRING);
  prompt.setChoicesList(packageManagers.filter((name) => onPath(name) !== undefined).map(value));
  prompt.setDefault(value("npm"));
  response.setPromptsList([prompt]);
  return response;
}

function packageManager(info: language.ProgramInfo | undefined, folder: string): PackageManager {
  const { packagemanager } = runtimeOptions(info);
  if (packagemanager !== "auto") return packagemanager;
  const has = (...names: string[]) => names.some((name) => existsSync(path.join(folder, name)));
  if (process.env["PULUMI_PREFER_YARN"] || has("yarn.lock")) return "yarn";
  if (has("pnpm-lock.yaml")) return "pnpm";
  if (has("bun.lock", "bun.lockb")) return "bun";
  return "npm";
}

// The nearest parent folder whose workspaces contain the program's folder.
function workspaceRoot(program: string): string | undefined {
  return upwards(path.dirname(program)).find((folder) => {
    const workspaces = readPackage(folder)?.workspaces;
    const patterns = Array.isArray(workspaces) ? workspaces : (workspaces?.packages ?? []);
    const place = path.relative(folder, program).split(path.sep).join("/");
    return patterns.some((pattern) => glob(pattern).test(place));
  });
}

// In workspace patterns, `*` matches within a name and `**` across folders.
function glob(pattern: string): RegExp {
  const parts = pattern.replace(/^\.\/|\/$/g, "").split(/(\*\*?)/);
  const source = parts.map((part) => {
    if (part === "**") return ".*";
    return part === "*" ? "[^/]*" : part.replace(/[.+?^${}()|[\]\\]/g, "\\$&");
  });
  return new RegExp(`^${source.join("")}$`);
}

function upwards(folder: string): string[] {
  const above = path.dirname(folder);
  return above === folder ? [folder] : [folder, ...upwards(above)];
}

function readPackage(folder: string): PackageJson | undefined {
  try {
    return JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8")) as PackageJson;
  } catch {
    return undefined;
  }
}

function onPath(name: string): string | undefined {
  const files = (process.env["PATH"] ?? "").split(path.delimiter).map((folder) => path.join(folder, name));
  return files.find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

// The engine asks in every operation, so nothing is started for it where that can be helped: this process knows its Node.js, and
// package managers are packages.
async function versionOf(command: string): Promise<string> {
  const found = onPath(command);
  const file = found && realpathSync(found);
  if (file === realpathSync(process.execPath)) return process.version;
  const own =
    file &&
    upwards(file)
      .map(readPackage)
      .find((each) => each?.name === command)?.version;
  if (own) return own;
  try {
    return (await promisify(execFile)(command, ["--version"])).stdout.trim();
  } catch {
    return "";
  }
}

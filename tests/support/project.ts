import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { rename } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { parse } from "yaml";
import { linkDependencies } from "./dependencies";
import { repository } from "./repository";
import { NEW_STACKS, engineEnvironment, makeStack, settingsFile, stateFile, type StackPlace } from "./newStack";
import type { CommandOptions, CommandResult } from "./processes";
import { cleanEnvironment, runCommand } from "./processes";
import { readOutputs, writeConfig } from "./stackSettings";

/** Options of {@link withProject}. */
export interface ProjectOptions {
  /** Folder whose files become the project, such as `examples/quickstart`; node_modules is not copied. */
  from?: string;
  /**
   * A folder that runs in place instead of as a copy: relative to the repository, `"."` for the root project. Its settings are
   * still kept in the temporary folder, so that the work tree stays clean.
   */
  inPlace?: string;
  /** Files to write into the project, by relative path. */
  files?: Record<string, string>;
  /** Links the repository's node_modules, so that nothing is installed. Default true; not for {@link ProjectOptions.inPlace}. */
  link?: boolean;
  /** Stack configuration; secret values as `{ secret }`. */
  config?: Record<string, string | { secret: string }>;
  /** The environment of every command, in addition to {@link cleanEnvironment}. */
  env?: Record<string, string>;
  /** Stack name, default `dev`. */
  name?: string;
  /** The limit of each command in seconds, default 120. */
  limit?: number;
}

/** A failed command, whose message has all of its output. */
export class CommandFailure extends Error {
  constructor(
    what: string,
    readonly result: CommandResult,
  ) {
    super(`${what} failed with exit code ${result.code}:\n${result.output}`);
    this.name = "CommandFailure";
  }
}

/** A whole Pulumi project, run by the real CLI as users run it, with the language host. Created by {@link withProject}. */
export class Project {
  /** The folder of all files of this project: its sources (unless in place), backend, Pulumi home and stack settings. */
  readonly root = mkdtempSync(path.join(tmpdir(), "pulumi-gitlab-agent-project-"));
  /** The folder in which commands run. */
  readonly folder: string;
  readonly env: Record<string, string>;
  /** The stack's name. */
  readonly stack: string;
  private place!: StackPlace;

  constructor(private readonly options: ProjectOptions) {
    const { from, inPlace, files = {}, link = true, name = "dev" } = options;
    this.folder = inPlace === undefined ? path.join(this.root, "project") : path.resolve(repository, inPlace);
    this.stack = name;
    for (const folder of ["backend", "home", "project"]) mkdirSync(path.join(this.root, folder));
    this.env = {
      ...engineEnvironment(this.root),
      // `make types` checks all TypeScript once, so that programs need no check in each run.
      PULUMI_NODEJS_TRANSPILE_ONLY: "true",
      ...options.env,
    };
    if (inPlace !== undefined) {
      cpSync(path.join(this.folder, "Pulumi.yaml"), path.join(this.root, "project/Pulumi.yaml"));
      return;
    }
    if (from !== undefined) {
      const ours = (file: string) => path.basename(file) !== "node_modules";
      cpSync(path.resolve(repository, from), this.folder, { recursive: true, filter: ours });
    }
    for (const [file, text] of Object.entries(files)) this.write(file, text);
    if (link) linkDependencies(path.join(this.folder, "node_modules"));
  }

  /** Writes or replaces a file of the project. */
  write(file: string, text: string): void {
    const place = path.join(this.folder, file);
    mkdirSync(path.dirname(place), { recursive: true });
    writeFileSync(place, text);
  }

  /** Makes the stack and sets its configuration. @internal */
  async open(): Promise<void> {
    const settings = this.options.inPlace === undefined ? this.folder : path.join(this.root, "project");
    const { name: project } = parse(readFileSync(path.join(settings, "Pulumi.yaml"), "utf8")) as { name: string };
    this.place = { env: this.env, settings, project, name: this.stack };
    await makeStack(this.place);
    const config = this.options.config ?? {};
    if (Object.keys(config).length > 0) writeConfig(settingsFile(this.place), config);
  }

  /**
   * Runs the `pulumi` CLI in the project on its stack, and throws {@link CommandFailure} when it fails.
   *
   * @example const { output } = await project.pulumi(["up", "--yes"]);
   */
  async pulumi(args: string[], options: CommandOptions = {}): Promise<CommandResult> {
    const result = await this.tryPulumi(args, options);
    if (result.code !== 0) throw new CommandFailure(`pulumi ${args.join(" ")}`, result);
    return result;
  }

  /** The same, but a non-zero exit code is a result. */
  async tryPulumi(args: string[], options: CommandOptions = {}): Promise<CommandResult> {
    const { cwd, stack } = this.settings(args);
    return this.run("pulumi", [...args, ...stack, "--non-interactive", "--color", "never"], { cwd, ...options });
  }

  /**
   * Expects that a refresh finds nothing new, not even an output, and that an update of the unchanged program would change nothing.
   * One command does both, so the program runs once.
   */
  async expectNoChanges(command: "preview" | "up" = "preview"): Promise<void> {
    const act = command === "up" ? ["up", "--yes", "--skip-preview"] : ["preview"];
    const result = await this.pulumi([...act, "--refresh", "--diff", "--expect-no-changes"]);
    if (/\(refresh\)[^]*--outputs:--/.test(result.output))
      throw new CommandFailure("a refresh without changes", result);
  }

  /** Any command in the project's folder and environment; a non-zero exit code is a result. */
  async run(command: string, args: string[], options: CommandOptions = {}): Promise<CommandResult> {
    return runCommand(command, args, {
      cwd: this.folder,
      limit: this.options.limit,
      ...options,
      env: cleanEnvironment({ ...this.env, ...options.env }),
    });
  }

  /** The stack's outputs, with secrets in clear. From the state file, which needs no start of the CLI, unless a test has moved it. */
  async outputs(): Promise<Record<string, unknown>> {
    const found = Object.entries(readOutputs(stateFile(this.place)) ?? {});
    if (found.length > 0) return Object.fromEntries(found.map(([name, { value }]) => [name, value]));
    const { stdout } = await this.pulumi(["stack", "output", "--json", "--show-secrets"]);
    return JSON.parse(stdout) as Record<string, unknown>;
  }

  /** The text of every file of the backend. */
  stateFiles(): string[] {
    return readdirSync(path.join(this.root, "backend"), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(path.join(entry.parentPath, entry.name), "utf8"));
  }

  /** @internal */
  close(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  // A project in place keeps its settings elsewhere, so that no Pulumi.<stack>.yaml appears in the work tree: the stack is created
  // from a copy of Pulumi.yaml alone, and operations get the path of the settings.
  private settings(args: string[]): { cwd: string; stack: string[] } {
    const [command = "", sub] = args;
    const stack = ["--stack", this.stack];
    const cwd = this.options.inPlace === undefined ? this.folder : path.join(this.root, "project");
    if (["about", "install", "version", "plugin"].includes(command)) return { cwd: this.folder, stack: [] };
    if (command === "stack" && sub === "init") return { cwd, stack: [] };
    const operation = ["up", "preview", "refresh", "destroy", "import", "watch"].includes(command);
    if (!operation) return { cwd, stack };
    const file = path.join(cwd, `Pulumi.${this.stack}.yaml`);
    return { cwd: this.folder, stack: this.options.inPlace === undefined ? stack : [...stack, "--config-file", file] };
  }
}

/**
 * Creates a whole project with a stack and runs `use` on it; afterwards all temporary files are removed.
 *
 * @example
 * await withProject({ from: "examples/quickstart", env: { GITLAB_BASE_URL: url, GITLAB_TOKEN: token } }, async (project) => {
 *   await project.pulumi(["up", "--yes"]);
 *   await project.pulumi(["preview", "--expect-no-changes"]);
 *   await project.pulumi(["destroy", "--yes"]);
 * });
 */
export async function withProject<T>(options: ProjectOptions, use: (project: Project) => Promise<T>): Promise<T> {
  const project = new Project(options);
  try {
    await project.open();
    return await use(project);
  } finally {
    project.close();
  }
}

/** The package's tarball, as `npm publish` would make it from the existing dist/; made once for all files of a run. */
export async function packTarball(): Promise<string> {
  const run = process.env[NEW_STACKS] ?? mkdtempSync(path.join(tmpdir(), "pulumi-gitlab-agent-packing-"));
  const packed = path.join(run, "packed");
  if (!existsSync(packed)) {
    const made = mkdtempSync(path.join(run, "packing-"));
    const pack = ["pack", "--ignore-scripts", "--pack-destination", made];
    const result = await runCommand("npm", pack, { cwd: repository, env: cleanEnvironment() });
    if (result.code !== 0) throw new CommandFailure("npm pack", result);
    // Fails if another worker was first, whose tarball is the same.
    await rename(made, packed).catch(() => undefined);
  }
  const [tarball = "missing"] = readdirSync(packed);
  return path.join(packed, tarball);
}

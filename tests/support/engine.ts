import * as auto from "@pulumi/pulumi/automation";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { cliVersion } from "./cliVersion";
import { configKey, pluginSettings } from "./door";
import type { CommandOptions, CommandResult } from "./processes";
import { cleanEnvironment, runCommand } from "./processes";
import type { EngineRun } from "./engineRun";
import { EngineFailure, engineRun } from "./engineRun";
import type { StackPlace } from "./newStack";
import { engineEnvironment, makeStack, settingsFile, stateFile } from "./newStack";
import { repository } from "./repository";
import { readOutputs, writeConfig } from "./stackSettings";

export { EngineFailure } from "./engineRun";
export type { EngineRun, Step } from "./engineRun";

/** Options of {@link withStack}. */
export interface StackOptions {
  /** The Pulumi program; replaceable between operations by `stack.program = …`. Default: an empty one. */
  program?: auto.PulumiFn;
  /** Stack configuration; secret values as `{ value, secret: true }`. */
  config?: Record<string, string | auto.ConfigValue>;
  /** The environment of the engine and of the provider process, in addition to {@link cleanEnvironment}. */
  env?: Record<string, string>;
  /** Pulumi project name, default `test`. */
  project?: string;
  /** Stack name, default `dev`. */
  name?: string;
  /** The limit of each engine call in seconds, default 120. */
  limit?: number;
}

/** Options of one operation: those of the Automation API, and these. */
export interface OperationOptions {
  /** The operation must fail: its run is returned, and a success is an error. */
  expectFailure?: boolean;
  /** The limit of this call in seconds; default: the stack's. */
  limit?: number;
  /** Called with the process id of the CLI, for tests that kill it. */
  onStart?: (pid: number) => void;
}

type Operation = "up" | "preview" | "refresh" | "destroy";

/**
 * A stack on the real engine, with an inline program, its own file backend and its own Pulumi home, all in a temporary
 * folder. Made by {@link withStack}.
 */
export class EngineStack {
  /** The environment of the engine's processes: a change affects the next operation. */
  readonly env: Record<string, string>;
  /** The folder that holds all files of this stack: backend, Pulumi home, work folder. */
  readonly folder: string;
  private call: OperationOptions = {};
  private readonly place: StackPlace;
  private automation!: auto.Stack;

  constructor(private readonly options: StackOptions) {
    this.folder = mkdtempSync(path.join(tmpdir(), "pulumi-gitlab-agent-stack-"));
    for (const name of ["backend", "home", "work"]) mkdirSync(path.join(this.folder, name));
    this.env = { ...engineEnvironment(this.folder), ...options.env };
    const { project = "test", name = "dev" } = options;
    this.place = { env: this.env, settings: path.join(this.folder, "work"), project, name };
  }

  /** @internal */
  async open(): Promise<void> {
    const { project, name, settings } = this.place;
    const workspace = await auto.LocalWorkspace.create({
      workDir: settings,
      projectSettings: { name: project, runtime: "nodejs", main: repository, ...pluginSettings(repository) },
      pulumiCommand: await this.command(),
      program: this.options.program ?? (async () => ({})),
    });
    workspace.createStack = () => makeStack(this.place);
    this.automation = await auto.Stack.create(name, workspace);
    // The same object, so that a test's change of a variable affects the next operation.
    workspace.envVars = this.env;
    // After each operation the Automation API asks the CLI for outputs (twice) and for the stack's history, which takes as much
    // processor time as the operation. The state has the outputs, and no test reads the history.
    const outputs = this.automation.outputs.bind(this.automation);
    this.automation.outputs = async () => readOutputs(stateFile(this.place)) ?? outputs();
    this.automation.info = async () => undefined;
    await this.setConfig(this.options.config ?? {});
  }

  /** The Pulumi program that `up` and `preview` run (and `refresh` and `destroy` with `runProgram`). */
  set program(program: auto.PulumiFn) {
    this.automation.workspace.program = program;
  }

  /** `pulumi up`. Throws {@link EngineFailure} if it fails, unless that is expected. */
  async up(options: auto.UpOptions & OperationOptions = {}): Promise<EngineRun> {
    return this.operate("up", options);
  }

  /** `pulumi preview`. */
  async preview(options: auto.PreviewOptions & OperationOptions = {}): Promise<EngineRun> {
    return this.operate("preview", options);
  }

  /** `pulumi refresh`. */
  async refresh(options: auto.RefreshOptions & OperationOptions = {}): Promise<EngineRun> {
    return this.operate("refresh", options);
  }

  /** `pulumi destroy`; the stack itself stays. */
  async destroy(options: auto.DestroyOptions & OperationOptions = {}): Promise<EngineRun> {
    return this.operate("destroy", options);
  }

  /** Sets configuration keys of the stack; secret values as `{ value, secret: true }`. */
  async setConfig(config: Record<string, string | auto.ConfigValue>): Promise<void> {
    const entries = Object.entries(config).map(([name, given]) => {
      const key = configKey(name);
      if (typeof given === "string") return [key, given] as const;
      return [key, given.secret ? { secret: given.value } : given.value] as const;
    });
    if (entries.length > 0) writeConfig(settingsFile(this.place), Object.fromEntries(entries));
  }

  /** The stack's outputs from the state, with secrets in clear. */
  async outputs(): Promise<auto.OutputMap> {
    return this.automation.outputs();
  }

  /** The whole deployment, **with secrets in clear**; {@link stateFiles} has what is on disk. */
  async exportState(): Promise<auto.Deployment> {
    return this.automation.exportStack();
  }

  /** Replaces the whole deployment, as `pulumi stack import` does. */
  async importState(deployment: auto.Deployment): Promise<void> {
    await this.automation.importStack(deployment);
  }

  /** The text of every file of the backend: checkpoints, their backups, history. */
  stateFiles(): string[] {
    return filesUnder(path.join(this.folder, "backend")).map((file) => readFileSync(file, "utf8"));
  }

  /** The text of every file of this stack: backend, Pulumi home and settings. */
  allFiles(): string[] {
    return filesUnder(this.folder).map((file) => readFileSync(file, "utf8"));
  }

  /** Keeps a copy of the backend, for a test that restores it. */
  copyBackend(to: string): void {
    cpSync(path.join(this.folder, "backend"), to, { recursive: true });
  }

  /**
   * Any other command of the Pulumi CLI on this stack, such as `["cancel", "--yes"]` or `["import", "--file", …]`. A
   * non-zero exit code is a result, not an error.
   */
  async cli(args: string[], options: CommandOptions = {}): Promise<CommandResult> {
    return runCommand("pulumi", [...args, "--stack", this.options.name ?? "dev", "--non-interactive"], {
      cwd: path.join(this.folder, "work"),
      limit: this.options.limit,
      ...options,
      env: cleanEnvironment({ ...this.env, ...options.env }),
    });
  }

  /** @internal */
  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async operate(operation: Operation, options: OperationOptions & auto.UpOptions): Promise<EngineRun> {
    const { expectFailure, limit, onStart, ...rest } = options;
    const events: auto.EngineEvent[] = [];
    let stdout = "";
    let stderr = "";
    this.call = { limit, onStart };
    try {
      const result = await this.automation[operation]({
        color: "never",
        ...rest,
        onEvent: (event: auto.EngineEvent) => events.push(event),
        onOutput: (text: string) => (stdout += text),
        onError: (text: string) => (stderr += text),
      });
      const outputs = "outputs" in result ? (result as auto.UpResult).outputs : {};
      const run = engineRun(operation, { stdout, stderr, events, outputs });
      if (expectFailure) throw new EngineFailure(`pulumi ${operation} succeeded, but was to fail`, run);
      return run;
    } catch (error) {
      const failure = error as Error;
      if (failure instanceof EngineFailure || failure.name === "LimitError") throw failure;
      const run = engineRun(operation, { stdout, stderr, events, outputs: {} });
      if (expectFailure) return run;
      throw new EngineFailure(`pulumi ${operation} failed: ${failure.message.split("\n")[0]}`, run);
    } finally {
      this.call = {};
    }
  }

  // The Automation API runs the CLI through this command, which has a limit and leaves no process.
  private async command(): Promise<auto.PulumiCommand> {
    const run: (...call: Parameters<RunPulumi>) => ReturnType<RunPulumi> = async (
      args,
      cwd,
      env,
      onOutput,
      onError,
      signal,
    ) => {
      const result = await runCommand(
        "pulumi",
        args.includes("--non-interactive") ? args : [...args, "--non-interactive"],
        {
          cwd,
          env: cleanEnvironment({ ...env, PULUMI_AUTOMATION_API: "true" }),
          limit: this.call.limit ?? this.options.limit,
          onStart: this.call.onStart,
          onOutput,
          onError,
          signal,
        },
      );
      if (result.code === 0) return result;
      throw Object.assign(new auto.CommandError(result as never), {
        message: `exit code ${result.code}\n${result.output}`,
      });
    };
    return { command: "pulumi", version: await cliVersion(), run } as unknown as auto.PulumiCommand;
  }
}

type RunPulumi = (
  args: string[],
  cwd: string,
  env: Record<string, string>,
  onOutput?: (text: string) => void,
  onError?: (text: string) => void,
  signal?: AbortSignal,
) => Promise<CommandResult>;

/**
 * Creates a stack on the real engine, passes it to `use`, and always removes its files afterwards. That destroys nothing in GitLab
 * (the simulator): a test that needs `destroy` calls it.
 *
 * @example
 * await withStack({ program: async () => void new ClusterAgent("a", { project: 42 }), env: { GITLAB_BASE_URL: url } },
 *   async (stack) => {
 *     const up = await stack.up();
 *     expect(up.ops("a")).toEqual(["create"]);
 *     expect((await stack.preview()).changed).toEqual([]);
 *   });
 */
export async function withStack<T>(options: StackOptions, use: (stack: EngineStack) => Promise<T>): Promise<T> {
  const stack = new EngineStack(options);
  try {
    await stack.open();
    return await use(stack);
  } finally {
    stack.close();
  }
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}

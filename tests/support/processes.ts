import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** Options of {@link runCommand}. */
export interface CommandOptions {
  cwd?: string;
  /** The whole environment of the command; see {@link cleanEnvironment}. */
  env?: NodeJS.ProcessEnv;
  /** Seconds after which the command and its child processes are killed. Default 120. */
  limit?: number;
  /** Standard input, which is closed after it. Default: empty. */
  input?: string;
  /** Called with every piece of standard output as it comes. */
  onOutput?: (text: string) => void;
  /** Called with every piece of standard error as it comes. */
  onError?: (text: string) => void;
  /** Called with the process id once the command runs, for tests that kill it. */
  onStart?: (pid: number) => void;
  /** Stops the command like Ctrl-C. */
  signal?: AbortSignal;
}

/** The result of a command: its exit code (-1 if a signal ended it) and its output. */
export interface CommandResult {
  code: number;
  stdout: string;
  stderr: string;
  /** Both streams in the order in which they arrived. */
  output: string;
  /** Ids of child processes that still ran five seconds after the command's end; they have been killed. */
  leftBehind: number[];
}

/** A command that was killed at its limit, whose message has all output so far. */
export class LimitError extends Error {
  constructor(
    what: string,
    limit: number,
    readonly result: CommandResult,
  ) {
    super(`${what} was killed after ${limit} s, its limit. Its output until then:\n${result.output || "(none)"}`);
    this.name = "LimitError";
  }
}

// Every process of a command inherits this variable, by which all of them are found: the engine gives each plugin its own process
// group, and an orphan has lost its parent.
const mark = "PULUMI_GITLAB_AGENT_TEST_RUN";

/**
 * The environment of this process without variables that could change a test's outcome: those of GitLab, Pulumi, CI (such as
 * credentials for publishing) and proxies. `extra` is added to it.
 *
 * @example cleanEnvironment({ GITLAB_TOKEN: "glpat-of-this-test" })
 */
export function cleanEnvironment(extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const outside = /^(GITLAB_|CI_|CI$|SIGSTORE_|ACTIONS_|PULUMI_|npm_|(HTTPS?|NO|ALL)_PROXY$|NODE_OPTIONS$|JEST_)/i;
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !outside.test(name)));
  return { ...env, ...extra };
}

/**
 * Runs a command to its end, within a limit. A non-zero exit code is a result, not an error. At the limit the command and all its
 * child processes are killed, and a {@link LimitError} is thrown.
 *
 * @example const { code, output } = await runCommand("pulumi", ["version"], { env: cleanEnvironment(), limit: 30 });
 */
export async function runCommand(
  command: string,
  args: string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const limit = options.limit ?? 120;
  const run = randomUUID();
  const result: CommandResult = { code: -1, stdout: "", stderr: "", output: "", leftBehind: [] };
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...(options.env ?? cleanEnvironment()), [mark]: run },
      // A process group of its own: Ctrl-C in the terminal reaches only jest, which then applies the limit and the clean-up.
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
    });
    if (child.pid !== undefined) options.onStart?.(child.pid);
    const timer = setTimeout(() => {
      killAll(run, child.pid);
      reject(new LimitError(`${command} ${args.join(" ")}`, limit, result));
    }, limit * 1000);
    const interrupt = () => child.kill("SIGINT");
    options.signal?.addEventListener("abort", interrupt);

    const collect = (stream: "stdout" | "stderr", tell?: (text: string) => void) => (text: string) => {
      result[stream] += text;
      result.output += text;
      tell?.(text);
    };
    child.stdout.setEncoding("utf8").on("data", collect("stdout", options.onOutput));
    child.stderr.setEncoding("utf8").on("data", collect("stderr", options.onError));
    child.stdin.on("error", () => undefined).end(options.input ?? "");
    const settle = (act: () => void) => {
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", interrupt);
      act();
    };
    child.on("error", (error) => settle(() => reject(error)));
    // "exit", not "close", since a remaining process keeps the pipes open.
    child.on("exit", (code) =>
      settle(() => {
        void ended(run).then((leftBehind) => {
          if (leftBehind.length > 0) killAll(run, undefined);
          const done = () => resolve({ ...result, code: code ?? -1, leftBehind });
          if (child.stdout.readableEnded && child.stderr.readableEnded) done();
          else child.on("close", done);
        });
      }),
    );
  });
}

// The engine's plugins end by themselves shortly after it.
async function ended(run: string): Promise<number[]> {
  let running = runningProcesses(run);
  for (let tries = 0; tries < 50 && running.length > 0; tries++) {
    await sleep(100);
    running = runningProcesses(run);
  }
  return running;
}

function killAll(run: string, group: number | undefined): void {
  for (const pid of [...runningProcesses(run), ...(group === undefined ? [] : [-group])]) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It ended by itself in the meantime.
    }
  }
}

/** The ids of running processes with `text` in their environment. Empty without /proc (macOS). */
export function runningProcesses(text: string): number[] {
  const pids = (() => {
    try {
      return readdirSync("/proc").filter((name) => /^\d+$/.test(name));
    } catch {
      return [];
    }
  })();
  return pids.map(Number).filter((pid) => {
    if (pid === process.pid) return false;
    try {
      return readFileSync(`/proc/${pid}/environ`, "utf8").includes(text);
    } catch {
      return false;
    }
  });
}

/**
 * The ids of the processes with `text` in their environment that serve dynamic resources, whether the official CLI has started them or
 * the one that set-up builds.
 */
export function dynamicProviders(text: string): number[] {
  return runningProcesses(text).filter((pid) => {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
      return /^node\0[^\0]*(dynamic-provider|pulumi-resource-pulumi-nodejs)/.test(command);
    } catch {
      return false;
    }
  });
}

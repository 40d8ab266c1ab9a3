import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { cleanEnvironment } from "../support/processes";

/** What a program is asked for: an operation on its stack, or settings of it. */
export type Request =
  | { verb: "up" | "preview" | "refresh" | "destroy" }
  | { verb: "config"; settings: Record<string, { value: string; secret?: boolean }> };

/** What came of it. */
export interface Result {
  /** All that the engine has shown. */
  output: string;
  /** How many resources by what was done to them. */
  changes: Record<string, number>;
  /** After `up`. */
  outputs: Record<string, { value: unknown; secret: boolean }>;
}

/** A Pulumi program of another language, run by its Automation API in a process of its own (tests/sdks/python, tests/sdks/go). */
export interface Program {
  /** Rejects with all that was shown where the operation failed. */
  ask(request: Request): Promise<Result>;
  stop(): void;
}

/** Seconds that an operation may take. */
const LIMIT = 180;

/** Starts a driver in the folder of its program. */
export function startProgram(command: string, args: string[], cwd: string, env: NodeJS.ProcessEnv): Program {
  // A group of its own, so that the engine ends with it.
  const child = spawn(command, args, { cwd, env: cleanEnvironment(env), detached: true, stdio: "pipe" });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  child.stdin.on("error", () => undefined);
  const answers: ((line: string) => void)[] = [];
  createInterface(child.stdout).on("line", (line) => answers.shift()?.(line));
  const stop = () => {
    try {
      process.kill(-(child.pid ?? 0), "SIGKILL");
    } catch {
      // It ended by itself.
    }
  };
  const ended = new Promise<never>((_, reject) => {
    child.on("error", reject);
    child.on("close", (code) => reject(new Error(`${command} ended with exit code ${code}:\n${said}`)));
  });
  ended.catch(() => undefined);
  return {
    async ask(request) {
      const answer = new Promise<string>((resolve) => answers.push(resolve));
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        const why = `${request.verb} took more than ${LIMIT} s`;
        timer = setTimeout(() => reject(new Error(`${why}. Until then:\n${said}`)), LIMIT * 1000);
      });
      child.stdin.write(`${JSON.stringify(request)}\n`);
      try {
        const result = JSON.parse(await Promise.race([answer, ended, late])) as Result & { error: string };
        if (result.error) throw new Error(`${request.verb} failed:\n${result.error}\n${result.output}`);
        return result;
      } finally {
        clearTimeout(timer);
      }
    },
    stop,
  };
}

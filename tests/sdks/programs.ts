import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { settingsFile, stateFile, type StackPlace } from "../support/newStack";
import { cleanEnvironment } from "../support/processes";
import { readOutputs, writeConfig } from "../support/stackSettings";

/** An operation of a program on its stack. The preview refreshes first. */
export type Verb = "up" | "preview" | "destroy";

/** The result of an operation. */
export interface Result {
  /** The engine's whole output. */
  output: string;
  /** The number of resources by operation. */
  changes: Record<string, number>;
}

/** A Pulumi program in another language, run by its Automation API in a new process (tests/sdks/python, tests/sdks/go). */
export interface Program {
  /** Rejects with the whole output if the operation failed. */
  ask(verb: Verb): Promise<Result>;
  /** Sets configuration of the stack, secret values as `{ secret }`. */
  setConfig(config: Record<string, string | { secret: string }>): void;
  /** The stack's outputs as they are in its state. */
  outputs(): ReturnType<typeof readOutputs>;
  stop(): void;
}

/** The limit of an operation in seconds. */
const LIMIT = 180;

/** Starts a driver in the folder of its program, which has the settings of its stack. */
export function startProgram(command: string, args: string[], stack: StackPlace, env = stack.env): Program {
  const cwd = stack.settings;
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
    async ask(verb) {
      const answer = new Promise<string>((resolve) => answers.push(resolve));
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        const why = `${verb} took more than ${LIMIT} s`;
        timer = setTimeout(() => reject(new Error(`${why}. Until then:\n${said}`)), LIMIT * 1000);
      });
      child.stdin.write(`${JSON.stringify({ verb })}\n`);
      try {
        const result = JSON.parse(await Promise.race([answer, ended, late])) as Result & { error: string };
        if (result.error) throw new Error(`${verb} failed:\n${result.error}\n${result.output}`);
        return result;
      } finally {
        clearTimeout(timer);
      }
    },
    setConfig: (config) => writeConfig(settingsFile(stack), config),
    outputs: () => readOutputs(stateFile(stack)),
    stop,
  };
}

import { spawn } from "node:child_process";
import { alive } from "./say.mjs";

/**
 * Runs a command to its end without showing its output, which is collected for the caller. `what` is printed
 * once and then every ten seconds with the command's last line. At `limit` seconds the command and what it started are
 * killed. Returns `{ code, output, stdout, timedOut }`; a command that cannot be started has the code 127.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ what?: string, limit: number, cwd?: string, env?: NodeJS.ProcessEnv, progress?: (output: string) => string }} options
 */
export async function run(command, args, { what, limit, cwd, env, progress = lastLine }) {
  let output = "";
  let stdout = "";
  let timedOut = false;
  const progressLines = what ? alive(what, () => progress(output)) : undefined;
  progressLines?.begin();
  const child = spawn(command, args, {
    cwd,
    env: env ?? process.env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const kill = () => {
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      // It has just ended.
    }
  };
  // A process group of its own, so that all of it can be killed; Ctrl-C must then be passed on.
  const interrupt = () => {
    kill();
    process.exit(130);
  };
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, interrupt);
  const timer = setTimeout(() => {
    timedOut = true;
    kill();
  }, limit * 1000);
  const code = await new Promise((resolve) => {
    child.stdout.setEncoding("utf8").on("data", (text) => {
      stdout += text;
      output += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text) => (output += text));
    child.on("error", (error) => {
      output += error.message;
      resolve(127);
    });
    child.on("close", (exit) => resolve(exit ?? 1));
  });
  clearTimeout(timer);
  for (const signal of ["SIGINT", "SIGTERM"]) process.off(signal, interrupt);
  progressLines?.end();
  return { code, output, stdout, timedOut };
}

function lastLine(output) {
  return output.trimEnd().split("\n").at(-1).slice(0, 100);
}

/** The last lines of a command's output, for an error. */
export function tail(output, lines = 15) {
  return output.trimEnd().split("\n").slice(-lines).join("\n");
}

import { Command, CommanderError } from "commander";
import { VERSION, withCode } from "../provider/gitlab";
import { simulatorCommand } from "../simulator/command";
import { adoptCommand } from "./adopt";
import { pluginCommand } from "./plugin";

/** The exit code: 0 done, 1 failed, 2 invalid arguments. */
export type ExitCode = 0 | 1 | 2;

/** Runs the command line with these arguments. Never throws: it writes errors to standard error. */
export async function run(args: readonly string[]): Promise<ExitCode> {
  try {
    await program().parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return usage(error, args.includes("--json"));
    process.stderr.write(`error: ${withCode(error instanceof Error ? error.message : String(error))}\n`);
    return 1;
  }
}

function program(): Command {
  const root = new Command("pulumi-gitlab-agent")
    .description("The command line of the Pulumi package pulumi-gitlab-agent, for GitLab's agent for Kubernetes.")
    .version(VERSION)
    .exitOverride()
    // Commander writes argument errors here; a command that fails while it runs throws instead.
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "usage error: ")) })
    .showHelpAfterError("Run it with --help for all options.");
  adoptCommand(root.command("adopt"));
  pluginCommand(root.command("plugin"));
  simulatorCommand(root.command("simulator"));
  return root.addHelpText(
    "after",
    "\nExit codes: 0 done, 1 failed, 2 wrong usage.\nSettings come from the environment: GITLAB_TOKEN, GITLAB_BASE_URL (or CI_API_V4_URL), HTTPS_PROXY, NO_PROXY.",
  );
}

/** Commander has already written the error to standard error; `--help` and `--version` exit with 0. */
function usage(error: CommanderError, json: boolean): ExitCode {
  if (error.exitCode === 0) return 0;
  if (json) {
    const message = error.message.replace(/^error: /, "");
    process.stdout.write(`${JSON.stringify({ error: { name: "UsageError", message } }, undefined, 2)}\n`);
  }
  return 2;
}

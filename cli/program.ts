import { Command, CommanderError } from "commander";
import { VERSION } from "../provider/gitlab";
import { simulatorCommand } from "../simulator/command";
import { adoptCommand } from "./adopt";
import { pluginCommand } from "./plugin";

/** What the command ends with: 0 done, 1 failed, 2 called in a way that cannot be. */
export type ExitCode = 0 | 1 | 2;

/** Runs the command line with these arguments. Never throws: what went wrong is on standard error. */
export async function run(args: readonly string[]): Promise<ExitCode> {
  try {
    await program().parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return usage(error, args.includes("--json"));
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

function program(): Command {
  const root = new Command("pulumi-gitlab-agent")
    .description("Companion of the Pulumi package of the same name: agents for Kubernetes, registered with GitLab.")
    .version(VERSION)
    .exitOverride()
    // What commander finds wrong with the arguments; a command that fails at its work throws instead.
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

/** Commander has shown the error on standard error already; `--help` and `--version` end with 0. */
function usage(error: CommanderError, json: boolean): ExitCode {
  if (error.exitCode === 0) return 0;
  if (json) {
    const message = error.message.replace(/^error: /, "");
    process.stdout.write(`${JSON.stringify({ error: { name: "UsageError", message } }, undefined, 2)}\n`);
  }
  return 2;
}

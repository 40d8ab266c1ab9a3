import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import type { Command } from "commander";
import { VERSION } from "../provider/gitlab";

/** The plugin's name, which programs of every language but TypeScript know it by. */
const NAME = "gitlab-agent";

/** The folder that holds the plugin, as one file, and what Windows starts in its place. */
const FOLDER = path.join(__dirname, "../plugin");

/** Adds the commands that put the native plugin where the Pulumi CLI looks for it, and take it away again. */
export function pluginCommand(command: Command): Command {
  command.description("the native plugin, for Pulumi programs in YAML and other languages");
  command
    .command("install")
    .description(`install the plugin ${NAME} ${VERSION} from this package, without a download`)
    .addHelpText("after", "\nNeeds the Pulumi CLI on PATH.\n\nExample:\n  $ npx pulumi-gitlab-agent plugin install")
    .action(install);
  command
    .command("uninstall")
    .description(`remove the plugin ${NAME} ${VERSION} from where the Pulumi CLI keeps its plugins`)
    .action(uninstall);
  return command;
}

function install(): void {
  const file = path.join(FOLDER, `pulumi-resource-${NAME}`);
  if (!existsSync(file)) {
    throw new Error(
      `Could not install the plugin: ${file} is missing. In a clone run \`make build\`, else install pulumi-gitlab-agent again.`,
    );
  }
  const version = run("read the plugin's version", process.execPath, [file, "--version"]).trim();
  if (version !== VERSION) {
    throw new Error(
      `Could not install the plugin: ${file} is version ${version}, and this package is ${VERSION}. In a clone run \`make build\`, else install pulumi-gitlab-agent again.`,
    );
  }
  const before = installed() ? "Replaced" : "Installed";
  pulumi("install the plugin", ["plugin", "install", "resource", NAME, `v${VERSION}`, "--file", FOLDER, "--reinstall"]);
  if (!installed()) {
    throw new Error(
      `Could not install the plugin: the Pulumi CLI reported no error, but \`pulumi plugin ls\` does not list ${NAME} ${VERSION}.`,
    );
  }
  process.stdout.write(
    `${before} the plugin ${NAME} ${VERSION} among the plugins of the Pulumi CLI. It runs with the Node.js on PATH, 22 or newer.\n` +
      `Next, in a YAML program: type: ${NAME}:ClusterAgent. In other languages: pulumi package add ${NAME}@${VERSION}\n`,
  );
}

function uninstall(): void {
  if (!installed()) {
    process.stdout.write(`The plugin ${NAME} ${VERSION} is not installed. Nothing was changed.\n`);
    return;
  }
  pulumi("remove the plugin", ["plugin", "rm", "resource", NAME, VERSION, "--yes"]);
  process.stdout.write(`Removed the plugin ${NAME} ${VERSION} from the plugins of the Pulumi CLI.\n`);
}

/** Whether the CLI has this version of the plugin. */
function installed(): boolean {
  const listed = JSON.parse(pulumi("list the plugins", ["plugin", "ls", "--json"])) as {
    name: string;
    kind: string;
    version?: string;
  }[];
  return listed.some(
    ({ name, kind, version }) => name === NAME && kind === "resource" && version?.replace(/^v/, "") === VERSION,
  );
}

/** Runs the Pulumi CLI. It must neither ask anything nor look for a newer version of itself. */
function pulumi(what: string, args: readonly string[]): string {
  return run(what, "pulumi", [...args, "--non-interactive", "--color", "never"]);
}

/** Runs a command quietly. Answers what it printed; throws what went wrong in one paragraph. */
function run(what: string, command: string, args: readonly string[]): string {
  // On Windows the CLI may be a script, which only a shell can start.
  const shell = process.platform === "win32" && command === "pulumi";
  const { status, signal, stdout, stderr, error } = spawnSync(command, shell ? args.map((arg) => `"${arg}"`) : args, {
    encoding: "utf8",
    env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" },
    shell,
  });
  if (error !== undefined) {
    throw new Error(
      `Could not ${what}: \`${command}\` could not be started (${error.message}). Install the Pulumi CLI (https://www.pulumi.com/docs/install/) so that \`pulumi\` is on PATH, and run this again.`,
    );
  }
  if (status !== 0) {
    const ended = signal === null ? `exit code ${status}` : `signal ${signal}`;
    throw new Error(
      `Could not ${what}: \`${[command, ...args].join(" ")}\` ended with ${ended}: ${stderr.trim().replace(/\s+/g, " ")}`,
    );
  }
  return stdout;
}

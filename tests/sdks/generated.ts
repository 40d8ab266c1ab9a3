import { execFileSync } from "node:child_process";
import { cpSync } from "node:fs";
import * as path from "node:path";
import type { Client } from "../conformance/clients";
import { repository } from "../support/repository";
import { cleanEnvironment, runCommand, type CommandOptions, type CommandResult } from "../support/processes";

/**
 * What set-up brings for the SDKs: the generators, a Python with Pulumi's SDK and mypy, and a Go that has compiled Pulumi's SDK
 * (scripts/setup/sdks.mjs). Only for use where tests are declared, since whether they are there decides what is declared.
 */
export function providedSdks(): { generators: Client; python: Client; go: Client } {
  const printed = execFileSync("sh", ["scripts/with-node.sh", "node", "scripts/setup.mjs", "--sdks"], {
    cwd: path.resolve(repository),
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  const { sdks, dotnet, ...rest } = JSON.parse(printed) as Record<"sdks" | "dotnet" | "python" | "go", Client>;
  // Both write, or none does.
  return { generators: sdks.missing === undefined ? dotnet : sdks, ...rest };
}

/** Writes the SDKs into a folder, as `make sdks` does, and returns what it printed. Without a schema from the committed one. */
export async function writeSdks(folder: string, ...schema: string[]): Promise<string> {
  const { code, stdout, output } = await run("node", ["scripts/sdks.mjs", folder, ...schema], { cwd: repository });
  if (code !== 0) throw new Error(`scripts/sdks.mjs failed:\n${output}`);
  return stdout;
}

/** A copy of examples/go-quickstart, with its SDK where `pulumi package add` puts it. */
export function copyGoProgram(sdks: string, folder: string): void {
  cpSync(path.join(repository, "examples/go-quickstart"), folder, { recursive: true });
  cpSync(path.join(sdks, "go"), path.join(folder, "sdks/gitlab-agent"), { recursive: true });
}

/** Runs a compiler. Go would ask git for the version of what it builds, and take a workspace around it for its own. */
export function run(command: string, args: string[], { env, ...options }: CommandOptions): Promise<CommandResult> {
  const own = { GOWORK: "off", GOFLAGS: "-buildvcs=false -modcacherw -trimpath", ...env };
  return runCommand(command, args, { limit: 900, ...options, env: cleanEnvironment(own) });
}

import { PulumiCommand } from "@pulumi/pulumi/automation";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import * as path from "node:path";
import { NEW_STACKS } from "./newStack";

type Version = NonNullable<PulumiCommand["version"]>;
type Versions = { SemVer: new (text: string) => Version };

/** The version of the CLI, in the form in which the Automation API reads it. Asked for once for all files of a run. */
export async function cliVersion(): Promise<Version> {
  const folder = process.env[NEW_STACKS];
  const file = folder === undefined ? undefined : path.join(folder, "version");
  if (file !== undefined && existsSync(file)) {
    const { SemVer } = createRequire(require.resolve("@pulumi/pulumi"))("semver") as Versions;
    return new SemVer(readFileSync(file, "utf8"));
  }
  const { version } = await PulumiCommand.get();
  if (version === null) throw new Error("the CLI does not say its version");
  if (file !== undefined) {
    // Another worker finds the whole file or none.
    writeFileSync(`${file}-${process.pid}`, version.version);
    renameSync(`${file}-${process.pid}`, file);
  }
  return version;
}

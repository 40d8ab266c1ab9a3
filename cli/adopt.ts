import { chmodSync, existsSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { InvalidArgumentError, Option, type Command } from "commander";
import { withCode } from "../provider/gitlab";
import { projectViolation } from "../provider/inputs/validation";
import { adopt, importFile, type AdoptedResource } from "./adoption";
import { connect, setting, type GivenSettings } from "./connection";
import { takeInventory } from "./inventory";
import { LANGUAGES, type LanguageName } from "./programs";
import { recordedTokens, secretsOf } from "./recordedSecrets";
import { adoptionTable } from "./table";

interface Flags {
  project: string[];
  agent?: string[];
  language: LanguageName;
  out: string;
  /** The file of the program; undefined for the language's usual one, false for none. */
  program?: string | false;
  secretsFrom?: string;
  dryRun?: boolean;
  force?: boolean;
  json?: boolean;
  setting?: GivenSettings;
}

/** What the command did, for `--json`. */
interface Report {
  resources: Pick<AdoptedResource, "kind" | "name" | "id" | "lost">[];
  notes: string[];
  /** The files that were written. */
  files: string[];
}

/** Adds the `adopt` command to a program: it imports the agents of whole projects and changes nothing in GitLab. */
export function adoptCommand(command: Command): Command {
  return command
    .description("import the existing agents, tokens and URL configurations of projects, without creating anything")
    .requiredOption("--project <id or path>", "a project whose agents are imported; may be repeated", project)
    .option("--agent <name or id>", "only this agent, with its tokens and URL configuration; may be repeated", agent)
    .addOption(
      new Option("--language <language>", "the language of the program; decides the types in the import file")
        .choices(Object.keys(LANGUAGES))
        .default("typescript"),
    )
    .option("--out <file>", "where to write the file for `pulumi import --file`", "import.json")
    .option(
      "--program <file>",
      `where to write the program that declares the same resources (default: ${Object.values(LANGUAGES)
        .map(({ file }) => file)
        .join(", ")}, by language)`,
    )
    .option("--no-program", "write no program")
    .option("--secrets-from <file>", "a state of Pulumi or Terraform, in clear, that has the secrets of the tokens")
    .option("--dry-run", "show the existing objects and write nothing")
    .option("--force", "overwrite existing files")
    .option("--json", "print one JSON object instead of a table")
    .option("--setting <name=value>", "a setting, as in the stack's configuration; may be repeated", setting)
    .addHelpText(
      "after",
      `
Reading URL configurations needs the Maintainer role, everything else the Developer role. Without the Maintainer role the URL
configurations are left out, with a note.

GitLab does not record what Pulumi manages: the listed objects may belong to another stack. Adopt only what nothing else
manages.

TypeScript programs and their import file have dynamic resources. Those of YAML, Python and Go have the resources of the plugin,
which has to be installed: npx pulumi-gitlab-agent plugin install

An adopted token has no secret in Pulumi, and its cluster keeps using it. A change of the token revokes it in the same
update: first declare a second AgentToken and move the cluster to it.

Example:
  $ npx pulumi-gitlab-agent adopt --project group/app --agent production --out import.json --program agents.ts`,
    )
    .action(async (flags: Flags) => {
      if (programOf(flags) === flags.out) command.error("error: --out and --program name the same file.");
      if (path.basename(programOf(flags) ?? "") === "Pulumi.yaml") {
        command.error(
          "error: Pulumi.yaml is the file of the project. Write the program to Main.yaml, which Pulumi runs instead.",
        );
      }
      try {
        await carryOut(flags);
      } catch (error) {
        if (flags.json && error instanceof Error)
          print({ error: { name: error.name, message: withCode(error.message) } });
        throw error;
      }
    });
}

async function carryOut(flags: Flags): Promise<void> {
  const { native, program: write } = LANGUAGES[flags.language];
  const files = flags.dryRun ? [] : [flags.out, programOf(flags)].filter((file) => file !== undefined);
  refuseToOverwrite(files, flags.force ?? false);
  const recorded = flags.secretsFrom === undefined ? [] : recordedTokens(flags.secretsFrom);
  const { agents, notes } = await takeInventory(connect(flags.setting ?? {}), flags.project, flags.agent);
  const secrets = secretsOf(agents, recorded);
  notes.push(...secrets.notes);
  const resources = adopt(agents, secrets.byToken);
  if (!flags.json) process.stdout.write(`${adoptionTable(resources, notes)}\n`);
  const [out, program] = resources.length === 0 ? [] : files;
  if (out !== undefined) {
    const mode = secrets.byToken.size === 0 ? {} : { mode: 0o600 };
    // The mode is for a new file: an existing one would keep its own.
    if (secrets.byToken.size > 0 && existsSync(out)) chmodSync(out, 0o600);
    writeFileSync(out, importFile(resources, native), mode);
  }
  if (program !== undefined) writeFileSync(program, write(resources));
  if (flags.json) {
    const report: Report = {
      resources: resources.map(({ kind, name, id, lost }) => ({ kind, name, id, ...(lost !== undefined && { lost }) })),
      notes,
      files: [out, program].filter((file) => file !== undefined),
    };
    print(report);
  } else if (out !== undefined) {
    process.stdout.write(nextSteps(flags.language, out, program));
    if (secrets.byToken.size > 0) {
      process.stdout.write(
        `${out} has secrets of tokens in clear: delete it, and ${flags.secretsFrom}, after the import.\n`,
      );
    }
  }
}

/** The file of the program; undefined for none. */
function programOf({ program, language }: Flags): string | undefined {
  return program === false ? undefined : (program ?? LANGUAGES[language].file);
}

function refuseToOverwrite(files: readonly string[], force: boolean): void {
  const there = force ? [] : files.filter((file) => existsSync(file));
  if (there.length === 0) return;
  throw new Error(
    `${there.join(" and ")} ${there.length === 1 ? "exists" : "exist"} already. Name other files with --out and --program, or overwrite with --force. No request was sent to GitLab.`,
  );
}

function nextSteps(language: LanguageName, out: string, program: string | undefined): string {
  return [
    `Wrote ${program === undefined ? out : `${out} and ${program}`}. Nothing was changed in GitLab. Next, in your Pulumi project:`,
    `  pulumi import --file ${out} --generate-code=false --protect=false`,
    program === undefined
      ? "  (declare the same resources in your program)"
      : `  (${LANGUAGES[language].use(program)})`,
    "  pulumi preview",
    "",
  ].join("\n");
}

function project(text: string, before: string[] = []): string[] {
  const fault = projectViolation(text);
  if (fault !== undefined) throw new InvalidArgumentError(`It ${fault}.`);
  return [...before, text];
}

function agent(text: string, before: string[] = []): string[] {
  if (text.trim() === "") throw new InvalidArgumentError("It has to be an agent's name or id.");
  return [...before, text];
}

function print(value: object): void {
  process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
}

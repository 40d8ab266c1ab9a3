import { existsSync, writeFileSync } from "node:fs";
import { InvalidArgumentError, type Command } from "commander";
import { withCode } from "../provider/gitlab";
import { projectViolation } from "../provider/inputs/validation";
import { adopt, importFile, type AdoptedResource } from "./adoption";
import { connect, setting, type GivenSettings } from "./connection";
import { takeInventory } from "./inventory";
import { programText } from "./programText";
import { adoptionTable } from "./table";

interface Flags {
  project: string[];
  agent?: string[];
  out: string;
  program: string | false;
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
    .option("--out <file>", "where to write the file for `pulumi import --file`", "import.json")
    .option("--program <file>", "where to write the TypeScript program that declares the same resources", "agents.ts")
    .option("--no-program", "write no program")
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

An adopted token has no secret in Pulumi, and its cluster keeps using it. A change of the token revokes it in the same
update: first declare a second AgentToken and move the cluster to it.

Example:
  $ npx pulumi-gitlab-agent adopt --project group/app --agent production --out import.json --program agents.ts`,
    )
    .action(async (flags: Flags) => {
      if (flags.program === flags.out) command.error("error: --out and --program name the same file.");
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
  const files = flags.dryRun ? [] : [flags.out, ...(flags.program === false ? [] : [flags.program])];
  refuseToOverwrite(files, flags.force ?? false);
  const { agents, notes } = await takeInventory(connect(flags.setting ?? {}), flags.project, flags.agent);
  const resources = adopt(agents);
  if (!flags.json) process.stdout.write(`${adoptionTable(resources, notes)}\n`);
  const [out, program] = resources.length === 0 ? [] : files;
  if (out !== undefined) writeFileSync(out, importFile(resources));
  if (program !== undefined) writeFileSync(program, programText(resources));
  if (flags.json) {
    const report: Report = {
      resources: resources.map(({ kind, name, id, lost }) => ({ kind, name, id, ...(lost !== undefined && { lost }) })),
      notes,
      files: [out, program].filter((file) => file !== undefined),
    };
    print(report);
  } else if (out !== undefined) process.stdout.write(nextSteps(out, program));
}

function refuseToOverwrite(files: readonly string[], force: boolean): void {
  const there = force ? [] : files.filter((file) => existsSync(file));
  if (there.length === 0) return;
  throw new Error(
    `${there.join(" and ")} ${there.length === 1 ? "exists" : "exist"} already. Name other files with --out and --program, or overwrite with --force. No request was sent to GitLab.`,
  );
}

function nextSteps(out: string, program: string | undefined): string {
  return [
    `Wrote ${program === undefined ? out : `${out} and ${program}`}. Nothing was changed in GitLab. Next, in your Pulumi project:`,
    `  pulumi import --file ${out} --generate-code=false --protect=false`,
    program === undefined
      ? "  (declare the same resources in your program)"
      : `  (add \`import "${program.replace(/\.ts$/, "").replace(/^(?![./])/, "./")}";\` to your program, or run ${program} as the program)`,
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

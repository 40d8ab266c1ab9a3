import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { cleanEnvironment, runCommand } from "./processes";
import { PASSPHRASE } from "./stackSettings";
import { secretsProvider, vaultEnvironment } from "./vault";

/** The name of the variable with this test run's folder of new stacks (globalSetup.ts creates it). */
export const NEW_STACKS = "PULUMI_GITLAB_AGENT_NEW_STACKS";

/** The environment of each test's engine: its own backend and Pulumi home, and the stacks' encryption. */
export function engineEnvironment(folder: string): Record<string, string> {
  return {
    PULUMI_BACKEND_URL: `file://${path.join(folder, "backend")}`,
    PULUMI_HOME: path.join(folder, "home"),
    PULUMI_CONFIG_PASSPHRASE: PASSPHRASE,
    ...vaultEnvironment(),
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    // The CLI ends before garbage collection is worthwhile, which takes a quarter of the processor time of its start.
    GOGC: "off",
    GOMEMLIMIT: "1GiB",
    NODE_OPTIONS: `--require ${JSON.stringify(path.join(__dirname, "lazyModules.cjs"))}`,
  };
}

/** The place of a stack: the environment of its engine, and the folder of its Pulumi.yaml. */
export interface StackPlace {
  env: Record<string, string>;
  settings: string;
  project: string;
  name: string;
}

/** The stack's settings file. */
export const settingsFile = ({ settings, name }: StackPlace) => path.join(settings, `Pulumi.${name}.yaml`);

/** The stack's state file. */
export const stateFile = ({ env, project, name }: StackPlace) =>
  path.join(backendOf(env), ".pulumi/stacks", project, `${name}.json`);

const backendOf = (env: Record<string, string>) => (env["PULUMI_BACKEND_URL"] ?? "").replace("file://", "");

/**
 * Creates a stack like `pulumi stack init`. The real command runs once for each project and stack name, since it takes half a second
 * of processor time; after that its files are copied.
 */
export async function makeStack(place: StackPlace): Promise<void> {
  const { env, settings, project, name } = place;
  const template = path.join(process.env[NEW_STACKS] ?? env["PULUMI_HOME"] ?? "", `new-${project}-${name}`);
  if (!existsSync(template)) await initialize(template, project, name);
  cpSync(path.join(template, "backend"), backendOf(env), { recursive: true });
  cpSync(path.join(template, "settings", `Pulumi.${name}.yaml`), settingsFile(place));
  // The selected stack, which Pulumi keeps by the path of the project.
  const id = createHash("sha1").update(path.join(settings, "Pulumi.yaml")).digest("hex");
  const workspaces = path.join(env["PULUMI_HOME"] ?? "", "workspaces");
  const stacks = { [env["PULUMI_BACKEND_URL"] ?? ""]: `organization/${project}/${name}` };
  mkdirSync(workspaces, { recursive: true });
  writeFileSync(path.join(workspaces, `${project}-${id}-workspace.json`), JSON.stringify({ stacks }));
}

async function initialize(template: string, project: string, name: string): Promise<void> {
  const made = mkdtempSync(path.join(tmpdir(), "pulumi-gitlab-agent-new-stack-"));
  const settings = path.join(made, "settings");
  for (const folder of ["backend", "home", "settings"]) mkdirSync(path.join(made, folder));
  writeFileSync(path.join(settings, "Pulumi.yaml"), `name: ${project}\nruntime: nodejs\n`);
  const result = await runCommand("pulumi", ["stack", "init", name, "--non-interactive", ...secretsProvider()], {
    cwd: settings,
    env: cleanEnvironment(engineEnvironment(made)),
  });
  if (result.code !== 0) throw new Error(`pulumi stack init ${name} failed:\n${result.output}`);
  mkdirSync(path.dirname(template), { recursive: true });
  try {
    renameSync(made, template);
  } catch {
    // Another worker was first, and its files are the same.
    rmSync(made, { recursive: true, force: true });
  }
}

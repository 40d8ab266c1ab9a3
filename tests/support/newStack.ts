import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
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

/** The names of the stack that the real command makes. */
const NEW = { project: "new-project", name: "new-stack" };

/**
 * Creates a stack like `pulumi stack init`. The real command runs once, since it takes half a second of processor time; after that
 * its state and settings are copied, with other names.
 */
export async function makeStack(place: StackPlace): Promise<void> {
  const { env, settings, project, name } = place;
  const made = path.join(process.env[NEW_STACKS] ?? env["PULUMI_HOME"] ?? "", "new-stack");
  if (!existsSync(made)) await initialize(made);
  const from = { settings: path.join(made, "settings"), ...NEW, env: engineEnvironment(made) };
  const state = readFileSync(stateFile(from), "utf8");
  const names = ({ project: inProject, name: of }: typeof NEW) => `"organization/${inProject}/${of}"`;
  mkdirSync(path.dirname(stateFile(place)), { recursive: true });
  writeFileSync(stateFile(place), state.replace(names(NEW), names(place)));
  cpSync(path.join(made, "backend/.pulumi/meta.yaml"), path.join(backendOf(env), ".pulumi/meta.yaml"));
  cpSync(settingsFile(from), settingsFile(place));
  // The selected stack, which Pulumi keeps by the path of the project.
  const id = createHash("sha1").update(path.join(settings, "Pulumi.yaml")).digest("hex");
  const workspaces = path.join(env["PULUMI_HOME"] ?? "", "workspaces");
  const stacks = { [env["PULUMI_BACKEND_URL"] ?? ""]: `organization/${project}/${name}` };
  mkdirSync(workspaces, { recursive: true });
  writeFileSync(path.join(workspaces, `${project}-${id}-workspace.json`), JSON.stringify({ stacks }));
}

async function initialize(place: string): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), "pulumi-gitlab-agent-new-stack-"));
  const settings = path.join(folder, "settings");
  for (const name of ["backend", "home", "settings"]) mkdirSync(path.join(folder, name));
  writeFileSync(path.join(settings, "Pulumi.yaml"), `name: ${NEW.project}\nruntime: nodejs\n`);
  const result = await runCommand("pulumi", ["stack", "init", NEW.name, "--non-interactive", ...secretsProvider()], {
    cwd: settings,
    env: cleanEnvironment(engineEnvironment(folder)),
  });
  if (result.code !== 0) throw new Error(`pulumi stack init ${NEW.name} failed:\n${result.output}`);
  mkdirSync(path.dirname(place), { recursive: true });
  try {
    renameSync(folder, place);
  } catch {
    // Another worker was first, and its files are the same.
    rmSync(folder, { recursive: true, force: true });
  }
}

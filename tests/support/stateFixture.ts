import { readFileSync } from "node:fs";
import * as path from "node:path";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { repository } from "./repository";
import type { ProjectOptions } from "./project";

/** The folder with one folder for each released version, and with the program of the next fixture. */
export const FIXTURES = path.join(repository, "tests/fixtures/state");

/** The simulator's address in a fixture, since it differs in each run. */
export const PLACEHOLDER = "http://gitlab.invalid";

/** GitLab's objects when the state was written: records of the simulator without secrets. */
export interface FixtureObjects {
  agents: Partial<Simulator["state"]["agents"][number]>[];
  tokens: Partial<Simulator["state"]["tokens"][number]>[];
  urlConfigurations: Partial<Simulator["state"]["urlConfigurations"][number]>[];
}

/** The versions that wrote the state, and GitLab's objects. */
export interface Fixture extends FixtureObjects {
  versions: Record<string, string>;
  config: Record<string, string>;
}

/** A GitLab with the same clock and credential in each run. */
export function startFixtureGitLab(): Promise<Simulator> {
  const user = { username: "maintainer", token: "a-simulated-credential", role: "maintainer" as const };
  return startSimulator({ users: [user], clock: () => Date.UTC(2026, 10, 22) });
}

/** The project of a fixture's program; passphrase and settings are the same whenever it is run. */
export function fixtureProject(program: string, gitlab: Simulator, config: Record<string, string>): ProjectOptions {
  const { clientKey = "", ...plain } = config;
  return {
    from: "examples/quickstart",
    files: {
      "Pulumi.yaml": "name: fixture\nruntime: nodejs\n",
      "package.json": '{ "name": "fixture", "main": "index.ts" }\n',
      "index.ts": readFileSync(program, "utf8"),
    },
    config: {
      "gitlab:baseUrl": gitlab.url,
      "gitlab:token": { secret: gitlab.tokens["maintainer"] ?? "" },
      baseUrl: gitlab.url,
      token: { secret: gitlab.tokens["maintainer"] ?? "" },
      clientKey: { secret: clientKey },
      ...plain,
    },
  };
}

/** The same for a program in YAML, whose resources are the native plugin's; `env` lets the engine find the YAML host. */
export function nativeFixtureProject(
  program: string,
  gitlab: Simulator,
  config: Record<string, string>,
  env: Record<string, string>,
): ProjectOptions {
  const { clientKey = "", ...plain } = config;
  const token = { secret: gitlab.tokens["maintainer"] ?? "" };
  const plugin = `plugins: { providers: [{ name: gitlab-agent, path: ${path.join(repository, "dist/plugin")} }] }\n`;
  return {
    link: false,
    env,
    files: { "Pulumi.yaml": readFileSync(program, "utf8") + plugin },
    config: {
      "gitlab-agent:baseUrl": gitlab.url,
      "gitlab-agent:token": token,
      baseUrl: gitlab.url,
      token,
      clientKey: { secret: clientKey },
      ...plain,
    },
  };
}

/** Creates the fixture's objects in a new simulator, with the same ids. */
export function restore({ state }: Simulator, { agents, tokens, urlConfigurations }: FixtureObjects): void {
  for (const saved of agents) put(state.createAgent(saved.projectId ?? 0, saved.name ?? ""), saved);
  // Ids of earlier simulators start at a higher number, so smaller ones are used up by objects of an agent that is then deleted.
  const [former = 0] = agents.map(({ projectId }) => projectId);
  const scratch = state.createAgent(former, "gone-before").id;
  for (let id = 1; id < (tokens[0]?.id ?? 0); id++) state.createToken(scratch, "gone");
  for (let id = 1; id < (urlConfigurations[0]?.id ?? 0); id++)
    state.setUrlConfiguration(scratch, { url: "grpc://gone:1" });
  state.deleteAgent(scratch);
  for (const saved of tokens) put(state.createToken(saved.agentId ?? 0, saved.name ?? ""), saved);
  for (const saved of urlConfigurations) {
    put(state.setUrlConfiguration(saved.agentId ?? 0, { url: saved.url ?? "" }), saved);
  }
}

function put(record: { id: number }, saved: { id?: number }): void {
  if (record.id !== saved.id) throw new Error(`the simulator gave id ${record.id} where the fixture has ${saved.id}`);
  Object.assign(record, saved);
}

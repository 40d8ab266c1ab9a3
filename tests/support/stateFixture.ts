import { readFileSync } from "node:fs";
import * as path from "node:path";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { repository } from "./engine";
import type { ProjectOptions } from "./project";

/** Holds a folder for each released version, beside the program that the next fixture is made of. */
export const FIXTURES = path.join(repository, "tests/fixtures/state");

/** Stands in a fixture for the address of the simulator, which is another each time. */
export const PLACEHOLDER = "http://gitlab.invalid";

/** What GitLab held when the state was written: records of the simulator, without anything secret. */
export interface FixtureObjects {
  agents: Partial<Simulator["state"]["agents"][number]>[];
  tokens: Partial<Simulator["state"]["tokens"][number]>[];
  urlConfigurations: Partial<Simulator["state"]["urlConfigurations"][number]>[];
}

/** The versions that wrote the state, and what GitLab held. */
export interface Fixture extends FixtureObjects {
  versions: Record<string, string>;
  config: Record<string, string>;
}

/** The same GitLab whenever it is started: its clock, its credential. */
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

/** Gives a fresh simulator what the fixture's GitLab held, under the same ids. */
export function restore({ state }: Simulator, { agents, tokens, urlConfigurations }: FixtureObjects): void {
  for (const saved of agents) put(state.createAgent(saved.projectId ?? 0, saved.name ?? ""), saved);
  // The ids of earlier simulators began later: what comes before them was there once, on an agent that is gone.
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

import { AgentToken, ClusterAgent, Provider, ReceptiveUrlConfig } from "pulumi-gitlab-agent";
import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { EngineFailure, type EngineRun, type EngineStack } from "../support/engine";
import { dynamicProviders } from "../support/processes";
import { objectOf, type Engine, type Held, type Outcome, type UpOptions } from "./engine";
import { SPELLINGS } from "./names";
import { argumentsOf, CLASSES, type Declared, type Kind, type Program } from "./program";
import type { World } from "./world";

interface Recorded {
  urn: string;
  type: string;
  id?: string;
  delete?: boolean;
  pendingReplacement?: boolean;
}

type Operation = "up" | "preview" | "refresh" | "destroy";

/** Pulumi's own engine, on a stack of the tests. */
export class Pulumi implements Engine {
  #secrets: Record<string, string> = {};

  constructor(
    private readonly stack: EngineStack,
    private readonly world: World,
  ) {}

  held(): Promise<Held[]> {
    const kinds = Object.entries(CLASSES) as [Kind, string][];
    return Promise.resolve(
      this.#recorded().flatMap((one) => {
        const kind = kinds.find(([, name]) => one.type === `pulumi-nodejs:dynamic/gitlab:${name}`)?.[0];
        if (kind === undefined || one.id === undefined) return [];
        const name = one.urn.slice(one.urn.lastIndexOf("::") + 2);
        const pending = one.delete ?? false;
        const secret = kind === "token" && !pending ? this.#secrets[name] : undefined;
        const state = { pending, replacing: one.pendingReplacement ?? false, ...(secret && { secret }) };
        return [{ name, kind, id: one.id, ...objectOf(kind, one.id), ...state }];
      }),
    );
  }

  async up(program: Program, { refresh, replace, killAt }: UpOptions = {}): Promise<Outcome> {
    this.stack.program = () => Promise.resolve(this.#declare(program));
    const urns = program
      .filter(({ name }) => replace?.includes(name))
      .map(({ kind, name }) => `urn:pulumi:dev::test::pulumi-nodejs:dynamic/gitlab:${CLASSES[kind]}::${name}`);
    const kill = killAt === undefined ? undefined : this.#killer(killAt);
    const options = { refresh, ...(urns.length > 0 && { replace: urns }), onStart: (pid: number) => kill?.begin(pid) };
    const outcome = await this.#run("up", () => this.stack.up(options));
    if (!kill?.end()) return outcome;
    await this.stack.cli(["cancel", "--yes"]);
    return { ...outcome, ok: false, killed: true };
  }

  preview(program: Program): Promise<Outcome> {
    this.stack.program = () => Promise.resolve(this.#declare(program));
    return this.#run("preview", () => this.stack.preview());
  }

  refresh(): Promise<Outcome> {
    return this.#run("refresh", () => this.stack.refresh({ clearPendingCreates: true }));
  }

  destroy(): Promise<Outcome> {
    return this.#run("destroy", () => this.stack.destroy());
  }

  async #run(operation: Operation, act: () => Promise<EngineRun>): Promise<Outcome> {
    try {
      const run = await act();
      if (operation === "up") {
        this.#secrets = Object.fromEntries(
          Object.entries(run.outputs).map(([name, { value }]) => [name, value as string]),
        );
      }
      return outcomeOf(run, true);
    } catch (error) {
      if (!(error instanceof EngineFailure)) throw error;
      this.#secrets = {};
      return outcomeOf(error.run, false);
    }
  }

  /** The program's resources; those of the second project have an explicit provider. Exports the tokens. */
  #declare(program: Program): Record<string, unknown> {
    const { simulator } = this.world;
    const isSecond = ({ project }: Declared) => (SPELLINGS[1] as readonly unknown[]).includes(project);
    const settings = { baseUrl: simulator.url, token: simulator.tokens["maintainer"], maxRetries: 4 };
    // The engine would start a process for it in any case.
    const other = program.some(isSecond) ? new Provider("other", settings) : undefined;
    const agents = new Map<string, ClusterAgent>();
    const tokens: Record<string, unknown> = {};
    for (const declared of program) {
      const { name, kind, agent, alias, importId, deleteBeforeReplace } = declared;
      const agentId = typeof agent === "string" ? agents.get(agent)?.agentId : agent;
      const args = argumentsOf(declared, agentId) as never;
      const options = {
        ...(alias === undefined ? {} : { aliases: [{ name: alias }] }),
        ...(importId === undefined ? {} : { import: importId }),
        ...(other !== undefined && isSecond(declared) ? { provider: other } : {}),
        deleteBeforeReplace,
      };
      if (kind === "agent") agents.set(name, new ClusterAgent(name, args, options));
      else if (kind === "config") new ReceptiveUrlConfig(name, args, options);
      else
        tokens[name] = new AgentToken(
          name,
          importId ? ({ ...(args as object), allowMissingToken: true } as never) : args,
          options,
        ).token;
    }
    return tokens;
  }

  #recorded(): Recorded[] {
    const folder = path.join(this.stack.folder, "backend/.pulumi/stacks");
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
      name.endsWith("dev.json"),
    );
    return files.flatMap((file) => {
      const { checkpoint } = JSON.parse(readFileSync(path.join(folder, file), "utf8")) as {
        checkpoint: { latest?: { resources?: Recorded[] } };
      };
      return checkpoint.latest?.resources ?? [];
    });
  }

  /** Holds back the response to the n-th write, and kills the CLI or the provider's process once GitLab has carried it out. */
  #killer(count: number): { begin(pid: number): void; end(): boolean } {
    const { simulator } = this.world;
    const fault = simulator.faults.add({
      kind: "delayAfter",
      delay: 3_600_000,
      method: ["POST", "DELETE"],
      skip: count - 1,
    });
    let killed = false;
    let timer: NodeJS.Timeout | undefined;
    const end = (): boolean => {
      clearInterval(timer);
      fault.remove();
      return killed;
    };
    const look = (cli: number): void => {
      const met = simulator.requests.find((request) => request.fault === "delayAfter");
      if (met?.apiStatus === undefined) return;
      killed = true;
      clearInterval(timer);
      if (count % 2 === 0) return void process.kill(cli, "SIGKILL");
      for (const pid of dynamicProviders(this.stack.folder)) process.kill(pid, "SIGKILL");
    };
    return { begin: (pid) => (timer = setInterval(() => look(pid), 20)), end };
  }
}

function outcomeOf(run: EngineRun, ok: boolean): Outcome {
  const errors = run.events.flatMap(({ diagnosticEvent: said }) =>
    said?.severity === "error" && said.urn
      ? [{ name: said.urn.slice(said.urn.lastIndexOf("::") + 2), text: said.message }]
      : [],
  );
  // Lines of severity "debug" are the SDK's own and not shown to users.
  const lines = run.events.flatMap(({ diagnosticEvent: said }) =>
    said === undefined || (said.severity as string) === "debug" ? [] : [said.message],
  );
  const text = `${run.output}\n${lines.join("\n")}`;
  return { ok, killed: false, text, clear: "", errors, changed: run.changed.map(({ name }) => name) };
}

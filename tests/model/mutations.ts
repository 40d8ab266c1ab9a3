import type { Chance } from "./chance";
import type { Held } from "./engine";
import { AGENT_NAMES, SPELLINGS, TOKEN_NAMES, URLS } from "./names";
import { nameInGitLab, type Declared, type Program } from "./program";
import type { World } from "./world";

/** What a change of the program can use. */
interface Scene {
  chance: Chance;
  world: World;
  program: Declared[];
  held: readonly Held[];
}

/** Few names, so that a removed resource often returns. */
const RESOURCES = {
  agent: ["a1", "a2", "a3", "a4", "a5"],
  token: ["t1", "t2", "t3", "t4", "t5", "t6"],
  config: ["c1", "c2", "c3", "c4"],
};

/** A random change of a program. Returns the new program: the same one if the change is impossible. */
export function mutated(program: Program, world: World, held: readonly Held[], chance: Chance): Program {
  const scene: Scene = { chance, world, held, program: program.map((declared) => ({ ...declared })) };
  const weights =
    program.length === 0 ? { addAgent: 1, addChild: 0, remove: 0, change: 0, rename: 0, take: 0 } : WEIGHTS;
  CHANGES[chance.weighted(weights)](scene);
  return isPossible(scene.program, world) ? scene.program : program;
}

const WEIGHTS = { addAgent: 2, addChild: 5, remove: 3, change: 6, rename: 2, take: 2 };

const CHANGES: Record<keyof typeof WEIGHTS, (scene: Scene) => void> = {
  addAgent({ chance, program }) {
    const name = free(program, "agent", chance);
    const project = spelling(chance, chance.below(2));
    const called = chance.happens(0.8) ? chance.one(AGENT_NAMES) : undefined;
    if (name !== undefined) program.unshift({ kind: "agent", name, project, called });
  },

  addChild({ chance, program, world }) {
    const kind = chance.weighted({ token: 3, config: 2 });
    const name = free(program, kind, chance);
    const parent = chance.pick(program.filter((declared) => declared.kind === "agent"));
    if (name === undefined || parent === undefined) return;
    const content = kind === "config" ? { url: chance.one(URLS) } : { called: chance.one(TOKEN_NAMES) };
    const foreign = chance.happens(0.15) ? chance.pick(world.simulator.state.agents) : undefined;
    if (foreign === undefined) {
      const project = chance.happens(0.3) ? respelled(chance, parent.project) : parent.project;
      program.push({ kind, name, project, agent: parent.name, ...content });
    } else {
      program.push({ kind, name, project: foreign.projectId, agent: foreign.id, ...content });
    }
  },

  remove({ chance, program }) {
    const gone = chance.pick(program);
    if (gone === undefined) return;
    const rest = program.filter((one) => one !== gone && !(gone.kind === "agent" && one.agent === gone.name));
    program.splice(0, program.length, ...rest);
  },

  change({ chance, program }) {
    const declared = chance.pick(program);
    if (declared === undefined) return;
    const agents = program.filter(({ kind }) => kind === "agent");
    switch (chance.weighted({ content: 6, project: 2, spelling: 2, agent: 2, order: 2 })) {
      case "content":
        if (declared.kind === "agent") declared.called = chance.one(AGENT_NAMES);
        else if (declared.kind === "config") declared.url = chance.one(URLS);
        else if (chance.happens(0.6)) declared.rotation = chance.below(1000);
        else declared.called = chance.one(TOKEN_NAMES);
        break;
      case "project":
        if (declared.kind !== "agent") break;
        declared.project = spelling(chance, chance.below(2));
        for (const child of program) if (child.agent === declared.name) child.project = declared.project;
        break;
      case "spelling":
        declared.project = respelled(chance, declared.project);
        break;
      case "agent": {
        const other = chance.pick(agents);
        if (declared.kind !== "agent" && other !== undefined)
          Object.assign(declared, { agent: other.name, project: other.project });
        break;
      }
      case "order":
        declared.deleteBeforeReplace = chance.pick([true, undefined]);
        break;
    }
  },

  /** Renames the resource, with or without an alias. */
  rename({ chance, program }) {
    const declared = chance.pick(program);
    const name = declared && free(program, declared.kind, chance);
    if (declared === undefined || name === undefined) return;
    for (const child of program) if (declared.kind === "agent" && child.agent === declared.name) child.agent = name;
    // Without `name` the object would be renamed, too, which is a different change.
    if (declared.kind !== "config") declared.called ??= declared.name;
    const alias = chance.happens(0.5) ? declared.name : undefined;
    Object.assign(declared, { name, alias });
  },

  /** Imports an existing object, or removes the option. */
  take({ chance, program, world }) {
    const declared = chance.pick(program);
    if (declared === undefined) return;
    if (declared.importId !== undefined && chance.happens(0.5)) return void delete declared.importId;
    const id = importable(declared, program, world, chance);
    if (id !== undefined) declared.importId = id;
  },
};

/** The import id of an object that fits the resource, or of an object of another kind with the same numbers. */
function importable(declared: Declared, program: Program, world: World, chance: Chance): string | undefined {
  const { state } = world.simulator;
  const agents = state.agents.map((agent) => `${agent.projectId}:${agent.id}`);
  if (declared.kind === "agent") {
    const agent = chance.pick(state.agents.filter(({ name }) => name === nameInGitLab(declared)));
    return agent === undefined ? chance.pick(agents) : `${agent.projectId}:${agent.id}`;
  }
  const agentPath = (agentId: number) => `${state.agent(agentId).projectId}:${agentId}`;
  const children = declared.kind === "token" ? state.activeTokens() : state.urlConfigurations;
  const child = chance.pick(children.filter(({ agentId }) => state.agents.some(({ id }) => id === agentId)));
  if (child === undefined) return undefined;
  if (chance.happens(0.5)) {
    const agent = state.agent(child.agentId);
    Object.assign(declared, { agent: agent.id, project: agent.projectId });
    if ("url" in child) declared.url = child.url;
    else Object.assign(declared, { called: child.name, description: child.description ?? undefined });
  }
  return `${agentPath(child.agentId)}:${child.id}`;
}

function spelling(chance: Chance, project: number): string | number {
  return chance.pick<string | number>(SPELLINGS[project] ?? SPELLINGS[0]) ?? 101;
}

function respelled(chance: Chance, project: string | number): string | number {
  const all = SPELLINGS.find((spellings) => (spellings as readonly unknown[]).includes(project));
  return all === undefined ? project : (chance.pick<string | number>(all) ?? project);
}

function free(program: Program, kind: Declared["kind"], chance: Chance): string | undefined {
  const taken = program.filter((one) => one.kind === kind).flatMap(({ name, alias }) => [name, alias]);
  return chance.pick(RESOURCES[kind].filter((name) => !taken.includes(name)));
}

/** Whether GitLab accepts all resources of a program together. */
function isPossible(program: Program, world: World): boolean {
  const { state } = world.simulator;
  const project = (name: string | number) => {
    const all = SPELLINGS.findIndex((spellings) => (spellings as readonly unknown[]).includes(name));
    return all >= 0 ? SPELLINGS[all]?.at(-1) : name;
  };
  const agents = program.filter(({ kind }) => kind === "agent");
  const names = agents.map((one) => `${project(one.project)} ${nameInGitLab(one)}`);
  if (new Set(names).size < names.length) return false;
  const children = program.filter(({ kind }) => kind !== "agent");
  return children.every((child) => {
    if (typeof child.agent === "string" && !agents.some(({ name }) => name === child.agent)) return false;
    if (typeof child.agent === "number" && !state.agents.some(({ id }) => id === child.agent)) return false;
    const siblings = children.filter((one) => one.kind === child.kind && one.agent === child.agent);
    return siblings.length <= (child.kind === "token" ? 2 : 1);
  });
}

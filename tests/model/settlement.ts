import type { Held } from "./engine";
import type { Model } from "./model";
import { SPELLINGS } from "./names";
import { nameInGitLab, type Program } from "./program";
import { split, type World } from "./world";

/**
 * Repairs everything: GitLab works again, others remove what they created, people remove what no state has, and the program
 * names projects by their numbers. Then refresh must succeed, and so must an update, at the latest after a
 * destroy. Returns the program of that update.
 *
 * @throws Violation where it does not
 */
export async function settle(model: Model, program: Program, declare: (program: Program) => void): Promise<Program> {
  const { world } = model;
  world.clearFaults();
  removeForeignObjects(world);
  const settled = withNumbers(program, await heldOf(model), world);
  declare(settled);
  const refreshed = await model.run("refresh");
  if (!refreshed.ok) model.assert([`refresh fails where nothing stands in its way:\n${refreshed.text}`]);
  for (let tries = 0; tries < 2; tries++) if ((await model.run("up")).ok) return finished(model, settled);
  const destroyed = await model.run("destroy");
  if (!destroyed.ok) model.assert([`destroy fails where nothing stands in its way:\n${destroyed.text}`]);
  const up = await model.run("up");
  if (!up.ok) model.assert([`an update of an empty stack fails where nothing stands in its way:\n${up.text}`]);
  return finished(model, settled);
}

async function finished(model: Model, program: Program): Promise<Program> {
  await model.expectClean();
  return program;
}

async function heldOf(model: Model): Promise<readonly Held[]> {
  return (await model.snapshot()).held;
}

/** Others remove what they created, and people remove the leftovers that no state has. */
function removeForeignObjects(world: World): void {
  const { state } = world.simulator;
  world.asOthers(() => {
    for (const key of [...world.theirs, ...world.orphans]) {
      if (!world.live().has(key)) continue;
      const [kind, id] = split(key);
      if (kind === "agent") state.deleteAgent(id);
      else if (kind === "token") state.revokeToken(id);
      else state.deleteUrlConfiguration(world.agentOf(key) ?? 0);
    }
  });
}

/** The program with numbers as projects, without imports, and without children of other people's agents. */
function withNumbers(program: Program, held: readonly Held[], world: World): Program {
  const { state } = world.simulator;
  const numbers = new Map<string, number>();
  for (const { kind, name, alias, project } of program) {
    if (kind !== "agent") continue;
    const entry = held.find((one) => one.kind === "agent" && !one.pending && (one.name === name || one.name === alias));
    const agent = entry && state.agents.find(({ id }) => id === entry.agentId);
    const first = SPELLINGS.findIndex((spellings) => (spellings as readonly unknown[]).includes(project));
    numbers.set(name, agent?.projectId ?? (typeof project === "number" ? project : 101 + Math.max(0, first)));
  }
  return withoutDoubles(program, numbers)
    .filter(({ agent }) => typeof agent !== "number")
    .map(({ importId: _, ...declared }) => ({
      ...declared,
      project: numbers.get(declared.kind === "agent" ? declared.name : String(declared.agent)) ?? declared.project,
    }));
}

/** If two agents turn out to have one project and name, only the first one stays. */
function withoutDoubles(program: Program, numbers: ReadonlyMap<string, number>): Program {
  const seen = new Set<string>();
  const doubles = new Set<string>();
  for (const declared of program.filter(({ kind }) => kind === "agent")) {
    const place = `${numbers.get(declared.name)} ${nameInGitLab(declared)}`;
    if (seen.has(place)) doubles.add(declared.name);
    seen.add(place);
  }
  return program.filter(({ kind, name, agent }) => !doubles.has(kind === "agent" ? name : String(agent)));
}

import type { Chance } from "./chance";
import { AGENT_NAMES, TOKEN_NAMES, URLS } from "./names";
import { SOMEBODY, US, type World } from "./world";

/** One action of others in GitLab. Returns its description for the trace; undefined if there was nothing to do. */
type Act = (world: World, chance: Chance, creator: number) => string | undefined;

const register: Act = ({ simulator: { state } }, chance, creator) => {
  const project = chance.pick(state.projects);
  const name = chance.one(AGENT_NAMES);
  if (project === undefined || state.agents.some((agent) => agent.projectId === project.id && agent.name === name))
    return;
  const agent = state.createAgent(project.id, name, creator);
  return `agent ${agent.id} "${name}" in project ${project.id} by user ${creator}`;
};

const mintToken: Act = ({ simulator: { state } }, chance, creator) => {
  const agent = chance.pick(state.agents.filter(({ id }) => state.activeTokens(id).length < 2));
  if (agent === undefined) return;
  const token = state.createToken(agent.id, chance.one(TOKEN_NAMES), null, creator);
  if (chance.happens(0.3)) state.markTokenUsed(token.id);
  return `token ${token.id} "${token.name}" of agent ${agent.id} by user ${creator}`;
};

const configure: Act = ({ simulator: { state } }, chance) => {
  const agent = chance.pick(state.agents.filter(({ isReceptive }) => !isReceptive));
  if (agent === undefined) return;
  const config = state.setUrlConfiguration(agent.id, { url: chance.one(URLS) });
  return `URL configuration ${config.id} of agent ${agent.id}`;
};

const replaceConfiguration: Act = ({ simulator: { state } }, chance) => {
  const before = chance.pick(state.urlConfigurations);
  if (before === undefined) return;
  const config = state.setUrlConfiguration(before.agentId, { url: chance.one(URLS) });
  return `URL configuration ${config.id} in place of ${before.id} of agent ${before.agentId}`;
};

const remove: Act = ({ simulator: { state } }, chance) => {
  switch (chance.weighted({ token: 3, config: 2, agent: 1 })) {
    case "token": {
      const token = chance.pick(state.activeTokens());
      if (token === undefined) return;
      state.revokeToken(token.id);
      return `token ${token.id} revoked`;
    }
    case "config": {
      const config = chance.pick(state.urlConfigurations);
      if (config === undefined) return;
      state.deleteUrlConfiguration(config.agentId);
      return `URL configuration ${config.id} deleted`;
    }
    case "agent": {
      const agent = chance.pick(state.agents);
      if (agent === undefined) return;
      state.deleteAgent(agent.id);
      return `agent ${agent.id} deleted`;
    }
  }
};

/** Moves a project; afterwards another project may take its path. */
const move: Act = ({ simulator: { state } }, chance) => {
  const project = chance.pick(state.projects);
  if (project === undefined || state.projects.length > 5) return;
  const from = project.path;
  const redirect = chance.happens(0.5);
  state.renameProject(project.id, `moved/${project.id}-${project.formerPaths.length}-${chance.below(1e6)}`, {
    redirect,
  });
  if (!chance.happens(0.6))
    return `project ${project.id} moved away from ${from}${redirect ? "" : ", without redirect"}`;
  const other = state.createProject({ path: from });
  return `project ${project.id} moved away from ${from}, which project ${other.id} took`;
};

const ACTS = { register, mintToken, configure, replaceConfiguration, remove, move };

/** A URL configuration has neither time nor creator: only its settings distinguish it from the stack's own. */
const configureOtherwise: Act = ({ simulator: { state } }, chance) => {
  const agent = chance.pick(state.agents.filter(({ isReceptive }) => !isReceptive));
  if (agent === undefined) return;
  const config = state.setUrlConfiguration(agent.id, { url: "grpc://somebody.example.com:80" });
  return `URL configuration ${config.id} of agent ${agent.id}`;
};

/** During a run of the stack, others create only what can be distinguished from the stack's own objects. */
const MEANWHILE = { register, mintToken, configureOtherwise, remove };

/** Others act between two runs of the stack, as another user or with the same credential. */
export function actOfOthers(world: World, chance: Chance): string {
  const weights = { register: 3, mintToken: 4, configure: 2, replaceConfiguration: 2, remove: 3, move: 1 };
  return perform(world, ACTS[chance.weighted(weights)], chance, chance.happens(0.5) ? US : SOMEBODY);
}

/** Somebody else changes something during a run of the stack. */
export function actMeanwhile(world: World, chance: Chance): string {
  return perform(
    world,
    MEANWHILE[chance.weighted({ register: 1, mintToken: 3, configureOtherwise: 1, remove: 1 })],
    chance,
    SOMEBODY,
  );
}

function perform(world: World, act: Act, chance: Chance, creator: number): string {
  let what: string | undefined;
  world.asOthers(() => (what = act(world, chance, creator)));
  return what ?? "nothing";
}

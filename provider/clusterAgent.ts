import { registerAgent, type WantedAgent } from "./creation/clusterAgent";
import { importAgent } from "./creation/import";
import { gitLab } from "./configuration";
import { agentFrom, type WireClusterAgent } from "./gitlab";
import { changedInputs } from "./inputs/changes";
import { keptDefaultName, normalizedInputs, required, violationsOf } from "./inputs/rules";
import { normalizedAtCreation, normalizedSince, sameText, type NormalizedFrom } from "./inputs/normalization";
import { agentNameViolation, projectViolation } from "./inputs/validation";
import type { Kind } from "./lifecycle";
import { describeAgent } from "./ownership/heldObjects";
import { existenceOfAgent } from "./presence";
import { learnAgentProject, learnProject, numericProject, projectOf, declaresSameProject } from "./projectNumbers";

/** The declared inputs of an agent. Every change of `project` or `name` replaces it. */
export interface ClusterAgentInputs extends WantedAgent {
  /** The id of an existing agent to import instead of registering one. */
  importId?: string;
}

/**
 * The state of an agent; `normalizedFrom` has the declared spelling if GitLab stores another one. `is_receptive`
 * changes with the URL configuration, so it is not stored.
 */
export type ClusterAgentState = WantedAgent & NormalizedFrom & Omit<ReturnType<typeof agentFrom>, "isReceptive">;

const RULES = { project: required(projectViolation), name: required(agentNameViolation) };

/** GitLab's agents for Kubernetes. */
export const clusterAgent: Kind<ClusterAgentInputs, ClusterAgentState, WireClusterAgent> = {
  kind: "agent",
  resource: "ClusterAgent",
  numberKey: "agentId",
  verb: "delete",
  compared: ["project", "name"],
  describe: describeAgent,

  check(olds, given) {
    const news = keptDefaultName(olds, given);
    const violations = violationsOf("ClusterAgent", news, RULES);
    return { inputs: violations.length > 0 ? news : normalizedInputs(news), violations };
  },

  async diff(_, olds, news) {
    // A creation that our code recorded halfway has no project yet.
    const { id, pathWithNamespace: path } =
      (olds.configProject as Partial<ClusterAgentState["configProject"]> | undefined) ?? {};
    learnProject(olds.project, { id, path });
    learnAgentProject(olds.agentId, id);
    const same = { name: sameText(olds, "name", news.name) };
    const recorded = { project: olds.project, projectId: id };
    const replaces = await changedInputs(news, same, (declared) => declaresSameProject(recorded, declared));
    // Create first, as by default: a new name, or a new project, cannot collide with the old agent.
    return { changes: replaces.length > 0, replaces };
  },

  create: (inputs) =>
    registerAgent(() => gitLab().begin(`register agent "${inputs.name}" in project ${inputs.project}`), inputs),
  importObject: importAgent,
  known: (agent, { project, name }) => ({ project, name, agentId: agent.id }),
  created: (agent, { project, name }) => ({ ...stateOf(project, agent), ...normalizedAtCreation({ name }, agent) }),

  projectIdIn: ({ configProject }, project) => configProject?.id ?? numericProject(project),
  get: ({ agent }) => agent.read(),
  refreshed: (found, { agent, state }) => ({ ...stateOf(agent.name, found), ...normalizedSince(state, found) }),
  delete: ({ agent }) => agent.delete(),
  existence: ({ agent }) => existenceOfAgent(agent, agent.agentId),
  notFound: ({ agent }) => `The project has no agent ${agent.agentId}. \`getClusterAgents\` lists the ones it has.`,
};

/** The state of an agent from GitLab's response. */
export function stateOf(project: ClusterAgentInputs["project"], agent: WireClusterAgent): ClusterAgentState {
  learnProject(project, projectOf(agent));
  learnAgentProject(agent.id, projectOf(agent).id);
  const { isReceptive: _, ...state } = agentFrom(agent);
  return { project, ...state };
}

import { cancellation } from "./creation/cancellation";
import { firstUse } from "./creation/tokenUse";
import { customTimeout, gitLab } from "./configuration";
import type { WireAgentToken } from "./gitlab";
import { changedInputs } from "./inputs/changes";
import { formatId, type ProjectName } from "./inputs/ids";
import { normalizedInputs, optional, required, violationsOf } from "./inputs/rules";
import { agentIdViolation, projectViolation, timeoutViolation, tokenIdViolation } from "./inputs/validation";
import { failure, type Lifecycle } from "./lifecycle";
import { readObject, type ReadableKind } from "./objects";
import { describeChild } from "./ownership/heldObjects";
import { existenceOfToken } from "./presence";
import { agentProject, learnRecordedProject, declaresSameProject } from "./projectNumbers";
import { toPlainJson, typed } from "./inputs/properties";

/** The declared inputs of a connection. Every change except of `timeout` replaces it. */
export interface AgentConnectionInputs {
  project: ProjectName;
  agentId: number;
  tokenId: number;
  /** Seconds to wait for the first use. */
  timeout?: number | undefined;
}

/** The state of a connection. */
export interface AgentConnectionState extends AgentConnectionInputs {
  /** The first use that GitLab reported, ISO 8601. */
  lastUsedAt?: string | undefined;
  /** The project's numeric id, which renames do not change. */
  projectId?: number | undefined;
}

const RULES = {
  project: required(projectViolation),
  agentId: required(agentIdViolation),
  tokenId: required(tokenIdViolation),
  timeout: optional(timeoutViolation),
};

/** The maximal time in seconds that GitLab's agents normally need to start and connect. */
const DEFAULT_TIMEOUT = 600;

/** The token with which the agent connects: a connection's only object in GitLab. */
const usedToken: ReadableKind<AgentConnectionState, WireAgentToken> = {
  resource: "AgentConnection",
  numberKey: "tokenId",
  describe: (object) => `${describeChild("token", object)}, by which it connects`,
  projectIdIn: ({ projectId }) => projectId,
  // A refresh keeps the recorded use, so it shares the list with which tokens are read. `get` needs the present use.
  get: ({ agent, objectId, state }) => {
    learnRecordedProject(agent.agentId, state.projectId);
    return state.tokenId === undefined ? agent.tokens.get(objectId) : agent.tokens.read(objectId);
  },
  existence: ({ agent, objectId }) => existenceOfToken(agent, objectId),
  notFound: ({ agent, objectId }) =>
    `Agent ${agent.agentId} has no active token ${objectId}. \`getAgentTokens\` lists the ones it has.`,
  refreshed: (token, { agent: { name: project, agentId }, objectId, state }) => ({
    ...state,
    project,
    agentId,
    tokenId: objectId,
    projectId: agentProject(agentId),
    lastUsedAt: state.lastUsedAt ?? token.last_used_at ?? undefined,
  }),
};

/** The wait until an agent has used its token. It creates nothing in GitLab, so there is nothing to delete. */
export const agentConnection: Lifecycle = {
  check: async (_, given) => {
    const violations = violationsOf("AgentConnection", given, RULES);
    if (given["importId"] != null) {
      violations.push(
        "`import` does not apply: an AgentConnection is not an object of GitLab; it waits until an agent has used its token. Remove the option `import`: the creation then reads the token, and finishes at once if an agent has used it",
      );
    }
    if (violations.length > 0) return { inputs: given, failures: violations.map(failure) };
    return Promise.resolve({ inputs: normalizedInputs(given) });
  },

  async diff(_, properties, declared) {
    const [olds, news] = [typed<AgentConnectionState>(properties), typed<AgentConnectionInputs>(declared)];
    const same = {
      agentId: Number(news.agentId) === Number(olds.agentId),
      tokenId: Number(news.tokenId) === Number(olds.tokenId),
    };
    const replaces = await changedInputs(news, same, (project) => declaresSameProject(olds, project));
    return replaces.length === 0 ? { changes: false } : { changes: true, replaces, deleteBeforeReplace: false };
  },

  async create(inputs) {
    const { project, agentId, tokenId, timeout } = typed<AgentConnectionInputs>(inputs);
    const limit = timeout ?? customTimeout() ?? DEFAULT_TIMEOUT;
    const operation = gitLab().begin(`see agent ${agentId} of project ${project} use token ${tokenId}`, limit);
    const lastUsedAt = await firstUse(operation, { project, agentId, tokenId, timeout: limit }, cancellation());
    const state: AgentConnectionState = {
      project,
      agentId,
      tokenId,
      timeout,
      lastUsedAt,
      projectId: agentProject(agentId),
    };
    return { id: formatId(project, agentId, tokenId), outs: toPlainJson(state) };
  },

  async read(id, state) {
    const found = await readObject(usedToken, id, typed<AgentConnectionState>(state));
    return found === undefined ? {} : { id: found.id, props: toPlainJson(found.state) };
  },

  // Diff never requires it.
  update: (_, olds, news) => Promise.resolve({ outs: toPlainJson({ ...olds, ...news }) }),
  delete: () => Promise.resolve(),
};

import { gitLab } from "./configuration";
import { createToken } from "./creation/agentToken";
import { importToken } from "./creation/import";
import { storedTexts, type WantedToken } from "./creation/orphanedTokens";
import { mustGoFirst } from "./creation/slots";
import { tokenFrom, type WireAgentToken } from "./gitlab";
import { changedInputs, isKnown, staysOnAgent } from "./inputs/changes";
import { keptDefaultName, normalizedInputs, optional, required, violationsOf } from "./inputs/rules";
import {
  canonicalJson,
  normalizedAtCreation,
  normalizedSince,
  sameText,
  type NormalizedFrom,
} from "./inputs/normalization";
import {
  agentIdViolation,
  descriptionViolation,
  objectViolation,
  projectViolation,
  rotateAfterDaysViolation,
  tokenNameViolation,
} from "./inputs/validation";
import type { Kind } from "./lifecycle";
import { describeChild, numberIn } from "./ownership/heldObjects";
import { holdToken, noteReplacedToken } from "./ownership/knownTokens";
import { existenceOfToken } from "./presence";
import { projectIdOf } from "./objects";
import { learnRecordedProject, type AgentOf, declaresSameProject } from "./projectNumbers";

/** The declared inputs of a token. Every change except of `importId` replaces it. */
export interface AgentTokenInputs extends WantedToken {
  rotationTriggers?: Record<string, unknown>;
  rotateAfterDays?: number;
  importId?: string;
  allowMissingToken?: boolean;
}

/** The state of a token. */
export interface AgentTokenState
  extends
    Omit<AgentTokenInputs, "importId" | "allowMissingToken" | "description">,
    Omit<ReturnType<typeof tokenFrom>, "lastUsedAt">,
    NormalizedFrom {
  /** The secret, which GitLab shows once. Absent if the token was imported or looked up. */
  token?: string | undefined;
  /** The project's numeric id, which renames do not change. */
  projectId?: number | undefined;
}

/** GitLab's response to a creation has the secret. */
type FoundToken = WireAgentToken & { token?: string };

const RULES = {
  project: required(projectViolation),
  agentId: required(agentIdViolation),
  name: required(tokenNameViolation),
  description: optional(descriptionViolation),
  rotationTriggers: optional(objectViolation('{ month: "2026-11" }')),
  rotateAfterDays: optional(rotateAfterDaysViolation),
};

/** Tokens with which agents authenticate to GitLab. */
export const agentToken: Kind<AgentTokenInputs, AgentTokenState, FoundToken> = {
  kind: "token",
  resource: "AgentToken",
  numberKey: "tokenId",
  verb: "revoke",
  compared: ["project", "agentId", "name", "description"],
  describe: (object) => describeChild("token", object),

  check(olds, given) {
    const news = keptDefaultName(olds, given);
    const violations = violationsOf("AgentToken", news, RULES, ["importId", "allowMissingToken"]);
    if (news["importId"] != null && news["allowMissingToken"] !== true) {
      violations.push(
        "`import` cannot retrieve this token's secret, which GitLab shows once, at creation. Rotate instead: remove the option, so that a second token is created (an agent can have two), and revoke the old one when nothing uses it any more. Or set `allowMissingToken: true` to record the token without its secret",
      );
    }
    return { inputs: violations.length > 0 ? news : normalizedInputs(news), violations };
  },

  async diff(id, olds, news) {
    holdToken(olds.tokenId);
    learnRecordedProject(olds.agentId, olds.projectId);
    const same = {
      agentId: Number(news.agentId) === Number(olds.agentId),
      name: sameText(olds, "name", news.name),
      description: sameText(olds, "description", news.description),
      rotationTriggers: canonicalJson(news.rotationTriggers) === canonicalJson(olds.rotationTriggers),
      rotateAfterDays: !isDue(olds.createdAt, news.rotateAfterDays),
    };
    const replaces = await changedInputs(news, same, (declared) => declaresSameProject(olds, declared));
    if (replaces.length === 0) return { changes: false };
    noteReplacedToken(news, numberIn(id) ?? olds.tokenId);
    const mayCollide = isKnown(news, replaces) && staysOnAgent(replaces);
    return { changes: true, replaces, deleteBeforeReplace: mayCollide && (await mustGoFirst(olds)) };
  },

  create: (inputs) =>
    createToken(
      () => gitLab().begin(`create token "${inputs.name}" of agent ${inputs.agentId} in project ${inputs.project}`),
      inputs,
    ),
  importObject: importToken,
  known: (token, inputs) => ({ ...declaredIn(inputs), tokenId: token.id, token: token.token }),
  async created(token, inputs) {
    const projectId = await projectIdOf(inputs);
    const normalized = normalizedAtCreation(storedTexts(inputs), token);
    return { ...stateOf(token, { ...inputs, projectId }), ...normalized, token: token.token };
  },

  projectIdIn: ({ projectId }) => projectId,
  get: ({ agent, objectId }) => {
    holdToken(objectId);
    return agent.tokens.read(objectId);
  },
  async refreshed(token, { agent, state }) {
    const { name: project, agentId } = agent;
    learnRecordedProject(agentId, state.projectId);
    const kept = { ...state, project, agentId, projectId: await agent.projectId() };
    return { ...stateOf(token, kept), ...normalizedSince(state, token), token: state.token };
  },
  delete: ({ agent, objectId }) => agent.tokens.revoke(objectId),
  existence: ({ agent, objectId }) => existenceOfToken(agent, objectId),
  notFound: ({ agent, objectId }) =>
    `Agent ${agent.agentId} has no active token ${objectId}. \`getAgentTokens\` lists the ones it has.`,
};

/** The inputs in the state. */
function declaredIn({ project, agentId, name, description, rotationTriggers, rotateAfterDays }: AgentTokenInputs) {
  return { project, agentId, name, description, rotationTriggers, rotateAfterDays };
}

/** The state of a token from GitLab's response, without its secret. */
export function stateOf(
  token: WireAgentToken,
  { project, agentId, rotationTriggers, rotateAfterDays, projectId }: AgentOf & Partial<AgentTokenState>,
): AgentTokenState {
  const { lastUsedAt: _, ...found } = tokenFrom(token);
  return { ...found, project, agentId, rotationTriggers, rotateAfterDays, projectId };
}

const DAY = 24 * 60 * 60 * 1000;

/**
 * Whether a token is old enough to be replaced, by GitLab's own clock if GitLab has responded to this process, otherwise by this
 * machine's. It sends nothing.
 *
 * @param createdAt ISO 8601, as GitLab wrote it
 * @param days the age from which on it is due; undefined: never
 */
function isDue(createdAt: unknown, days: unknown): boolean {
  if (typeof days !== "number" || typeof createdAt !== "string") return false;
  const due = Date.parse(createdAt) + days * DAY;
  return !Number.isNaN(due) && now() >= due;
}

function now(): number {
  try {
    const operation = gitLab().begin("tell the age of a token");
    // The earliest possible time, so that a token is not replaced too early.
    return operation.serverTime(operation.now())?.earliest ?? Date.now();
  } catch {
    // Unusable settings: the next operation reports them.
    return Date.now();
  }
}

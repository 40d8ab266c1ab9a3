import type { dynamic } from "@pulumi/pulumi";
import { agentProject, confirmedProject, learnRecordedProject, throughAgent, type AgentOf } from "./agentProjects";
import { importToken } from "./creation/import";
import { gitLab } from "./configuration";
import { keptDefaultName } from "./inputs/defaultName";
import { NotFoundError, type WireAgentToken } from "./gitlab";
import { noteRecorded, numberIn } from "./ownership/heldObjects";
import { imported } from "./ownership/importComparison";
import { formatChildId, parseChildId, projectFromId, type ProjectName } from "./inputs/ids";
import { holdToken, noteReplacedToken } from "./ownership/knownTokens";
import { failure, createResult, secret, serve, type Lifecycle, type Properties } from "./lifecycle";
import { canonicalJson, normalizedAtCreation, normalizedSince, sameText } from "./inputs/normalization";
import { existenceOfToken, assertGone } from "./presence";
import { sameProject } from "./projects";
import { isDue } from "./creation/tokenAge";
import { createToken } from "./creation/agentToken";
import { mustGoFirst } from "./creation/slots";
import { isUnknown } from "./inputs/unknowns";
import {
  agentIdFault,
  descriptionFault,
  validate,
  projectFault,
  rotateAfterDaysFault,
  tokenNameFault,
  unknownKeys,
} from "./inputs/validation";

/** What a program declares of a token. Every change but one of `importId` replaces it. */
export interface AgentTokenInputs {
  project: ProjectName;
  agentId: number;
  name: string;
  description?: string;
  rotationTriggers?: Record<string, unknown>;
  rotateAfterDays?: number;
  importId?: string;
  allowMissingToken?: boolean;
}

/** What the state keeps of a token. */
export interface AgentTokenState extends Omit<AgentTokenInputs, "importId" | "allowMissingToken"> {
  tokenId: number;
  /** The secret, which GitLab shows once. Absent where the token was imported or looked up. */
  token?: string;
  status?: string;
  createdAt: string;
  createdByUserId?: number;
  /** The numeric id of the project, where the agent of the same program told it: it outlives renames. */
  projectId?: number;
  normalizedFrom?: { name?: string; description?: string };
}

const ARGUMENTS = ["project", "agentId", "name", "description", "rotationTriggers", "rotateAfterDays"] as const;

const lifecycle: Lifecycle = {
  kind: "token",
  compared: ["project", "agentId", "name", "description"],
  importObject,

  check(olds, given) {
    const news = keptDefaultName(olds, given);
    const faults = unknownKeys("AgentToken", news, ARGUMENTS, ["importId", "allowMissingToken"]);
    validate(faults, news, "project", projectFault, "required");
    validate(faults, news, "agentId", agentIdFault, "required");
    validate(faults, news, "name", tokenNameFault, "required");
    validate(faults, news, "description", descriptionFault);
    validate(faults, news, "rotationTriggers", (value) =>
      typeof value === "object" && !Array.isArray(value)
        ? undefined
        : 'is not an object; expected names and values, such as { month: "2026-11" }',
    );
    validate(faults, news, "rotateAfterDays", rotateAfterDaysFault);
    if (news["importId"] != null && news["allowMissingToken"] !== true) {
      faults.push(
        "`import` cannot bring back this token's secret, which GitLab shows once, at creation. Rotate instead: take the option away, so that a new token is created beside the old one (an agent has two), and revoke the old one when nothing uses it any more. Or set `allowMissingToken: true` to record the token without its secret",
      );
    }
    if (faults.length > 0) return { inputs: news, failures: faults.map(failure) };
    const inputs = { ...news };
    if (typeof inputs["agentId"] === "string" && !isUnknown(inputs["agentId"]))
      inputs["agentId"] = Number(inputs["agentId"]);
    for (const key of ["description", "rotationTriggers", "rotateAfterDays", "importId", "allowMissingToken"]) {
      if (inputs[key] == null || inputs[key] === "") delete inputs[key];
    }
    return { inputs };
  },

  async diff(id, olds, news) {
    holdToken(olds["tokenId"]);
    learnRecordedProject(olds["agentId"], olds["projectId"]);
    const replaces: string[] = [];
    const changed = (key: string, same: boolean) => {
      if (isUnknown(news[key]) || !same) replaces.push(key);
    };
    changed("agentId", Number(news["agentId"]) === Number(olds["agentId"]));
    changed("name", sameText(olds, "name", news["name"]));
    changed("description", sameText(olds, "description", news["description"]));
    changed("rotationTriggers", canonicalJson(news["rotationTriggers"]) === canonicalJson(olds["rotationTriggers"]));
    if (isUnknown(news["rotateAfterDays"]) || isDue(olds["createdAt"], news["rotateAfterDays"])) {
      replaces.push("rotateAfterDays");
    }
    if (isUnknown(news["project"])) replaces.push("project");
    // What is not known yet may turn out to be no change at all: not worth a request.
    const mayAsk = !replaces.some((key) => isUnknown(news[key]));
    // Ids of agents are unique in a GitLab: where the agent is another one, the project need not be asked for.
    if (mayAsk && !replaces.includes("agentId") && !(await sameProjectAs(olds, news))) replaces.push("project");
    if (replaces.length === 0) return { changes: false };
    noteReplacedToken(news, numberIn(id) ?? olds["tokenId"]);
    const sameAgent = !replaces.includes("agentId") && !replaces.includes("project");
    return {
      changes: true,
      replaces,
      deleteBeforeReplace: mayAsk && sameAgent && (await mustGoFirst(olds as unknown as AgentTokenState)),
    };
  },

  async create(properties) {
    const { importId, ...declared } = properties as unknown as AgentTokenInputs;
    const { project, agentId, name, description, rotationTriggers, rotateAfterDays } = declared;
    const inputs = { project, agentId, name, description, rotationTriggers, rotateAfterDays };
    const made: WireAgentToken & { token?: string } =
      importId === undefined
        ? await createToken(
            () => gitLab().begin(`create token "${name}" of agent ${agentId} in project ${project}`),
            inputs,
          )
        : await imported("token", properties, () => importObject(properties));
    const known = { ...inputs, tokenId: made.id, token: secret(made.token) };
    const projectId = await confirmedProject(() => gitLab().begin(`learn the number of project ${project}`), inputs);
    return createResult(formatChildId(project, agentId, made.id), known, properties, () => ({
      ...stateOf(made, {
        ...inputs,
        ...normalizedAtCreation({ name, description }, made),
        projectId,
      }),
      token: secret(made.token),
    }));
  },

  async read(id, props) {
    const { project, agentId, childId } = parseChildId("AgentToken", id);
    const refreshing = "tokenId" in props;
    if (refreshing) noteRecorded("token", childId);
    const named = refreshing ? (props["project"] as ProjectName) : projectFromId(project);
    const numericId = numericIdIn(props, named, agentId);
    const operation = gitLab().begin(`read token ${childId} of agent ${agentId} in project ${named}`);
    holdToken(childId);
    try {
      const token = await throughAgent(
        operation,
        { project: named, agentId },
        numericId,
        (p) => operation.tokens.read(p, agentId, childId),
        "listed",
      );
      const projectId = await projectNumber(props, { project: named, agentId });
      const kept = {
        ...props,
        projectId,
        project: named,
        agentId,
        normalizedFrom: undefined,
        ...normalizedSince(props, token),
      };
      return {
        id: formatChildId(named, agentId, childId),
        props: { ...stateOf(token, kept), token: secret(props["token"] as string | undefined) },
      };
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
      await assertGone(error, existenceOfToken(operation, numericId ?? named, agentId, childId));
      if (refreshing) return {};
      throw error.withAdvice(
        `Agent ${agentId} has no active token ${childId}. \`getAgentTokens\` lists the ones it has.`,
      );
    }
  },

  async delete(id, props) {
    const { project, agentId, childId } = parseChildId("AgentToken", id);
    const named = (props["project"] as ProjectName | undefined) ?? project;
    const numericId = numericIdIn(props, named, agentId);
    const operation = gitLab().begin(
      `revoke token ${childId} ("${String(props["name"])}") of agent ${agentId} in project ${named}`,
    );
    try {
      await throughAgent(
        operation,
        { project: named, agentId },
        numericId,
        (p) => operation.tokens.revoke(p, agentId, childId),
        "listed",
      );
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
      await assertGone(error, existenceOfToken(operation, numericId ?? named, agentId, childId));
    }
  },
};

/** The door for the dynamic-provider process. */
export const agentToken: dynamic.ResourceProvider = serve(lifecycle);

function importObject(inputs: Properties, limit?: number): Promise<WireAgentToken> {
  const { importId = "", ...wanted } = inputs as unknown as AgentTokenInputs;
  return importToken(gitLab(), importId, wanted, limit);
}

function sameProjectAs(olds: Properties, news: Properties): Promise<boolean> {
  const [recordedName, declared] = [olds["project"] as ProjectName, news["project"] as ProjectName];
  const begin = () => gitLab().begin(`tell whether the projects ${recordedName} and ${declared} are the same`);
  return sameProject(begin, recordedName, olds["projectId"] as number | undefined, declared);
}

/** The number to record at a refresh: learnt where the state lacks it. */
function projectNumber(props: Properties, agent: AgentOf): Promise<number | undefined> {
  learnRecordedProject(agent.agentId, props["projectId"]);
  return confirmedProject(() => gitLab().begin(`learn the number of project ${agent.project}`), agent);
}

/** The number of the agent's project: what the agent told goes before what was recorded. Never what only a path leads to. */
function numericIdIn(props: Properties, project: ProjectName, agentId: number): number | undefined {
  const named = /^\d+$/.test(String(project)) ? Number(project) : undefined;
  return agentProject(agentId) ?? (props["projectId"] as number | undefined) ?? named;
}

export function stateOf(token: WireAgentToken, kept: Properties): Properties {
  return {
    project: kept["project"],
    agentId: kept["agentId"],
    name: token.name,
    description: token.description || undefined,
    rotationTriggers: kept["rotationTriggers"],
    rotateAfterDays: kept["rotateAfterDays"],
    tokenId: token.id,
    status: token.status,
    createdAt: token.created_at,
    createdByUserId: token.created_by_user_id ?? undefined,
    projectId: kept["projectId"],
    normalizedFrom: kept["normalizedFrom"],
  };
}

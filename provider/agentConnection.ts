import type { dynamic } from "@pulumi/pulumi";
import { cancellation, listenForCancel } from "./cancellation";
import { configure, gitLab } from "./configuration";
import { NotFoundError } from "./gitlab";
import { formatChildId, parseChildId, projectFromId, type ProjectName } from "./inputs/ids";
import { failure, withReadableErrors, toPlainJson, type Properties } from "./lifecycle";
import { existenceOfToken, assertGone } from "./presence";
import { agentProject, learnRecordedProject, projectOfAgent, throughAgent } from "./agentProjects";
import { sameProject } from "./projects";
import { firstUse } from "./creation/tokenUse";
import { isUnknown } from "./inputs/unknowns";
import { agentIdFault, validate, projectFault, timeoutFault, tokenIdFault, unknownKeys } from "./inputs/validation";

/** What a program declares of a connection. Every change but one of `timeout` replaces it. */
export interface AgentConnectionInputs {
  project: ProjectName;
  agentId: number;
  tokenId: number;
  /** Seconds to wait for the first use. */
  timeout?: number;
}

/** What the state keeps of a connection. */
export interface AgentConnectionState extends AgentConnectionInputs {
  /** When GitLab first was seen to know of a use, ISO 8601. */
  lastUsedAt?: string;
  /** The numeric id of the project, which outlives renames. */
  projectId?: number;
}

const ARGUMENTS = ["project", "agentId", "tokenId", "timeout"] as const;

/** Seconds that GitLab's agents need at the very most to start and to connect, where nothing is wrong. */
const DEFAULT_TIMEOUT = 600;

function check(given: Properties): dynamic.CheckResult {
  const faults = unknownKeys("AgentConnection", given, ARGUMENTS, ["importId"]);
  validate(faults, given, "project", projectFault, "required");
  validate(faults, given, "agentId", agentIdFault, "required");
  validate(faults, given, "tokenId", tokenIdFault, "required");
  validate(faults, given, "timeout", timeoutFault);
  if (given["importId"] != null) {
    faults.push(
      "`import` has nothing to import: an AgentConnection is no object of GitLab, but the proof that an agent has used its token. Remove the option `import`: the creation then reads the token, and ends at once where an agent has used it",
    );
  }
  if (faults.length > 0) return { inputs: given, failures: faults.map(failure) };
  const inputs = { ...given };
  for (const key of ["agentId", "tokenId"]) {
    if (typeof inputs[key] === "string" && !isUnknown(inputs[key])) inputs[key] = Number(inputs[key]);
  }
  for (const key of ["timeout", "importId"]) if (inputs[key] == null) delete inputs[key];
  return { inputs };
}

async function diff(olds: Properties, news: Properties): Promise<dynamic.DiffResult> {
  const replaces = ["agentId", "tokenId"].filter(
    (key) => isUnknown(news[key]) || Number(news[key]) !== Number(olds[key]),
  );
  if (isUnknown(news["project"])) replaces.push("project");
  // Ids of tokens are unique in a GitLab: where the token is another one, the project need not be asked for.
  else if (replaces.length === 0 && !(await sameProjectAs(olds, news))) replaces.push("project");
  return replaces.length === 0 ? { changes: false } : { changes: true, replaces, deleteBeforeReplace: false };
}

async function create(inputs: AgentConnectionInputs): Promise<dynamic.CreateResult> {
  const { project, agentId, tokenId, timeout = DEFAULT_TIMEOUT } = inputs;
  const operation = gitLab().begin(`see agent ${agentId} of project ${project} use token ${tokenId}`, timeout);
  const lastUsedAt = await firstUse(operation, { project, agentId, tokenId, timeout }, cancellation());
  const outs: AgentConnectionState = {
    project,
    agentId,
    tokenId,
    timeout: inputs.timeout,
    lastUsedAt,
    projectId: agentProject(agentId),
  };
  return { id: formatChildId(project, agentId, tokenId), outs: toPlainJson(outs as unknown as Properties) };
}

async function read(id: string, props: Properties): Promise<dynamic.ReadResult> {
  const { project, agentId, childId } = parseChildId("AgentConnection", id);
  const refreshing = "tokenId" in props;
  const named = refreshing ? (props["project"] as ProjectName) : projectFromId(project);
  const agent = { project: named, agentId };
  learnRecordedProject(agentId, props["projectId"]);
  const operation = gitLab().begin(
    `read token ${childId} of agent ${agentId} in project ${named}, by which it connects`,
  );
  const { tokens } = operation;
  try {
    // A refresh keeps the use that the creation saw, so it shares the list that its token is read by. `get` wants the use.
    const ask = (p: ProjectName) => (refreshing ? tokens.read(p, agentId, childId) : tokens.get(p, agentId, childId));
    const token = await throughAgent(operation, agent, undefined, ask, "listed");
    const own = { project: named, agentId, tokenId: childId, projectId: agentProject(agentId) };
    const lastUsedAt = props["lastUsedAt"] ?? token.last_used_at ?? undefined;
    return { id: formatChildId(named, agentId, childId), props: toPlainJson({ ...props, ...own, lastUsedAt }) };
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    await assertGone(error, existenceOfToken(operation, projectOfAgent(agent), agentId, childId));
    if (refreshing) return {};
    throw error.withAdvice(
      `Agent ${agentId} has no active token ${childId}. \`getAgentTokens\` lists the ones it has.`,
    );
  }
}

function sameProjectAs(olds: Properties, news: Properties): Promise<boolean> {
  const [recorded, declared] = [olds["project"] as ProjectName, news["project"] as ProjectName];
  const begin = () => gitLab().begin(`tell whether the projects ${recorded} and ${declared} are the same`);
  return sameProject(begin, recorded, olds["projectId"] as number | undefined, declared);
}

/** The door for the dynamic-provider process. It makes nothing in GitLab, so there is nothing to keep or to delete. */
export const agentConnection: dynamic.ResourceProvider = {
  configure(request) {
    listenForCancel();
    return configure(request);
  },
  check: (_, news) => withReadableErrors(() => Promise.resolve(check(news as Properties))),
  diff: (_, olds, news) => withReadableErrors(() => diff(olds as Properties, news as Properties)),
  create: (inputs) => withReadableErrors(() => create(inputs as AgentConnectionInputs)),
  read: (id, props) => withReadableErrors(() => read(id, (props ?? {}) as Properties)),
  // No diff asks for it.
  update: (_, olds, news) =>
    Promise.resolve({ outs: toPlainJson({ ...(olds as Properties), ...(news as Properties) }) }),
  delete: () => Promise.resolve(),
};

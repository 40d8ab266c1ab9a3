import type { dynamic } from "@pulumi/pulumi";
import { learnAgentProject } from "./agentProjects";
import { importAgent } from "./creation/import";
import { gitLab } from "./configuration";
import { keptDefaultName } from "./inputs/defaultName";
import { NotFoundError, type WireClusterAgent } from "./gitlab";
import { noteRecorded } from "./ownership/heldObjects";
import { imported } from "./ownership/importComparison";
import { formatAgentId, parseAgentId, projectFromId, type ProjectName } from "./inputs/ids";
import { failure, createResult, serve, type Lifecycle, type Properties } from "./lifecycle";
import { normalizedAtCreation, normalizedSince, sameText } from "./inputs/normalization";
import { existenceOfAgent, assertGone } from "./presence";
import { learnProject, numericProject, projectOf, sameProject, followMoves } from "./projects";
import { registerAgent } from "./creation/clusterAgent";
import { isUnknown } from "./inputs/unknowns";
import { agentNameFault, validate, projectFault, unknownKeys } from "./inputs/validation";

/** What a program declares of an agent. Every change of `project` or `name` replaces it. */
export interface ClusterAgentInputs {
  project: ProjectName;
  name: string;
  /** The id of an existing agent to take over instead of registering one. */
  importId?: string;
}

/** What the state keeps of an agent. */
export interface ClusterAgentState {
  project: ProjectName;
  name: string;
  agentId: number;
  configProject: {
    id: number;
    description?: string;
    name: string;
    nameWithNamespace: string;
    path: string;
    pathWithNamespace: string;
    createdAt: string;
  };
  createdAt: string;
  createdByUserId?: number;
  /** What was declared, where GitLab keeps it in another spelling. */
  normalizedFrom?: { name?: string };
}

const ARGUMENTS = ["project", "name"] as const;

const lifecycle: Lifecycle = {
  kind: "agent",
  compared: ["project", "name"],
  importObject,

  check(olds, given) {
    const news = keptDefaultName(olds, given);
    const faults = unknownKeys("ClusterAgent", news, ARGUMENTS, ["importId"]);
    validate(faults, news, "project", projectFault, "required");
    validate(faults, news, "name", agentNameFault, "required");
    return { inputs: news, failures: faults.map(failure) };
  },

  async diff(_, olds, news) {
    const recordedName = olds["project"] as ProjectName;
    learnProject(recordedName, configProjectIn(olds));
    learnAgentProject(olds["agentId"], configProjectIn(olds)?.id);
    const replaces: string[] = [];
    if (isUnknown(news["name"]) || !sameText(olds, "name", news["name"])) replaces.push("name");
    if (isUnknown(news["project"])) replaces.push("project");
    // A name that is not known yet may turn out to be no change at all: not worth a request.
    else if (!isUnknown(news["name"])) {
      const declared = news["project"] as ProjectName;
      const begin = () => gitLab().begin(`tell whether the projects ${recordedName} and ${declared} are the same`);
      if (!(await sameProject(begin, recordedName, configProjectIn(olds)?.id, declared))) replaces.push("project");
    }
    // Create first, as by default: a new name, or a new project, cannot collide with the old agent.
    return { changes: replaces.length > 0, replaces };
  },

  async create(properties) {
    const { project, name, importId } = properties as unknown as ClusterAgentInputs;
    const agent =
      importId === undefined
        ? await registerAgent(() => gitLab().begin(`register agent "${name}" in project ${project}`), project, name)
        : await imported("agent", properties, () => importObject(properties));
    return createResult(formatAgentId(project, agent.id), { project, name, agentId: agent.id }, properties, () =>
      stateOf(project, agent, normalizedAtCreation({ name }, agent)),
    );
  },

  async read(id, props) {
    const { project, agentId } = parseAgentId(id);
    // Only a refresh has outputs at hand. `.get` has none, and must fail where there is nothing.
    const refreshing = "agentId" in props;
    if (refreshing) noteRecorded("agent", agentId);
    const named = refreshing ? (props["project"] as ProjectName) : projectFromId(project);
    const numericId = configProjectIn(props)?.id ?? numericProject(named);
    const operation = gitLab().begin(`read agent ${agentId} of project ${named}`);
    try {
      const agent = await followMoves(
        operation,
        named,
        numericId,
        (p) => operation.agents.read(p, agentId, numericId),
        agentId,
      );
      return { id: formatAgentId(named, agentId), props: stateOf(named, agent, normalizedSince(props, agent)) };
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
      await assertGone(error, existenceOfAgent(operation, numericId ?? named, agentId));
      if (refreshing) return {};
      throw error.withAdvice(`The project has no agent ${agentId}. \`getClusterAgents\` lists the ones it has.`);
    }
  },

  async delete(id, props) {
    const { project, agentId } = parseAgentId(id);
    const named = (props["project"] as ProjectName | undefined) ?? project;
    const numericId = configProjectIn(props)?.id ?? numericProject(named);
    const operation = gitLab().begin(`delete agent ${agentId} ("${String(props["name"])}") of project ${named}`);
    try {
      await followMoves(operation, named, numericId, (p) => operation.agents.delete(p, agentId), agentId);
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
      await assertGone(error, existenceOfAgent(operation, numericId ?? named, agentId));
    }
  },
};

/** The door for the dynamic-provider process. */
export const clusterAgent: dynamic.ResourceProvider = serve(lifecycle);

function importObject(inputs: Properties, limit?: number): Promise<WireClusterAgent> {
  const { project, name, importId = "" } = inputs as unknown as ClusterAgentInputs;
  return importAgent(gitLab(), importId, project, name, limit);
}

function configProjectIn(properties: Properties): { id?: number; path?: string } | undefined {
  const config = properties["configProject"] as ClusterAgentState["configProject"] | undefined;
  return config && { id: config.id, path: config.pathWithNamespace };
}

/** Outputs from GitLab's answer. `is_receptive` changes with the URL configuration, so it is not stored. */
export function stateOf(
  project: ProjectName,
  agent: WireClusterAgent,
  kept: Pick<ClusterAgentState, "normalizedFrom">,
): Properties {
  const config = agent.config_project;
  learnProject(project, projectOf(agent));
  learnAgentProject(agent.id, projectOf(agent).id);
  const state: ClusterAgentState = {
    project,
    name: agent.name,
    agentId: agent.id,
    configProject: {
      id: config.id,
      description: config.description ?? undefined,
      name: config.name,
      nameWithNamespace: config.name_with_namespace,
      path: config.path,
      pathWithNamespace: config.path_with_namespace,
      createdAt: config.created_at,
    },
    createdAt: agent.created_at,
    createdByUserId: agent.created_by_user_id ?? undefined,
    ...kept,
  };
  return state as unknown as Properties;
}

import type { GitLab, WireClusterAgent } from "../gitlab";
import { asAgentId, asProject, LookupFault } from "./arguments";
import { nearest } from "./nearestNames";

/** All agents of a project. */
export async function getClusterAgents(gitlab: GitLab, args: { project: string | number }) {
  const project = asProject(args.project);
  return (await gitlab.begin(`list the agents of project ${project}`).agents.list(project)).map(agentOf);
}

/** One agent, by its id or by its name. */
export async function getClusterAgent(
  gitlab: GitLab,
  args: { project: string | number; agentId?: number; name?: string },
) {
  const project = asProject(args.project);
  if ((args.agentId == null) === (args.name == null)) {
    throw new LookupFault("`getClusterAgent` takes either `agentId` or `name`: exactly one of them.");
  }
  if (args.name == null) {
    const agentId = asAgentId(args.agentId);
    return agentOf(await gitlab.begin(`read agent ${agentId} of project ${project}`).agents.get(project, agentId));
  }
  const operation = gitlab.begin(`find agent "${args.name}" in project ${project}`);
  const agents = await operation.agents.list(project);
  const found = agents.find((agent) => agent.name === args.name);
  if (found !== undefined) return agentOf(found);
  const names = agents.map((agent) => agent.name);
  throw new LookupFault(
    `Could not find agent "${args.name}" in project ${project}: it has no agent of that name. ${nearest(args.name, names)}`,
    true,
  );
}

/** GitLab's response in the names of programs. */
function agentOf(agent: WireClusterAgent) {
  const config = agent.config_project;
  return {
    id: agent.id,
    agentId: agent.id,
    name: agent.name,
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
    isReceptive: agent.is_receptive ?? undefined,
  };
}

import { agentFrom, type GitLab, type WireClusterAgent } from "../gitlab";
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

/** An agent, with its number also as `id`. */
function agentOf(agent: WireClusterAgent) {
  return { id: agent.id, ...agentFrom(agent) };
}

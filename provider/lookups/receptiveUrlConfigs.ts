import { urlConfigurationFrom, type GitLab, type WireUrlConfiguration } from "../gitlab";
import { asAgentId, asId, asProject } from "./arguments";

interface AgentArgs {
  project: string | number;
  agentId: number;
}

/** The URL configurations of an agent: none or one. */
export async function getReceptiveUrlConfigs(gitlab: GitLab, args: AgentArgs) {
  const [project, agentId] = [asProject(args.project), asAgentId(args.agentId)];
  const operation = gitlab.begin(`list the URL configurations of agent ${agentId} in project ${project}`);
  return (await operation.urlConfigurations.list(project, agentId)).map(configurationOf);
}

/** One URL configuration of an agent. */
export async function getReceptiveUrlConfig(gitlab: GitLab, args: AgentArgs & { urlConfigurationId: number }) {
  const [project, agentId] = [asProject(args.project), asAgentId(args.agentId)];
  const id = asId("urlConfigurationId", args.urlConfigurationId);
  const operation = gitlab.begin(`read URL configuration ${id} of agent ${agentId} in project ${project}`);
  return configurationOf(await operation.urlConfigurations.get(project, agentId, id));
}

/** A URL configuration, with its number also as `id`. */
function configurationOf(found: WireUrlConfiguration) {
  return { id: found.id, ...urlConfigurationFrom(found) };
}

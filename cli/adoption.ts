import { stateOf as tokenState } from "../provider/agentToken";
import { stateOf as agentState } from "../provider/clusterAgent";
import { formatId } from "../provider/inputs/ids";
import { toPlainJson, type Properties } from "../provider/inputs/properties";
import { stateOf as urlConfigState } from "../provider/receptiveUrlConfig";
import { permanent } from "../sdk/permanent";
import type { FoundAgent } from "./inventory";
import { nameResources } from "./resourceNames";

/** One object in GitLab, as a Pulumi resource. */
export interface AdoptedResource {
  kind: string;
  /** The resource's name in the program. */
  name: string;
  /** Its id in the state. */
  id: string;
  /** What the program declares. */
  inputs: Properties;
  /** The outputs in the state, as a refresh would record them. */
  outputs: Properties;
  /** What GitLab no longer returns, in words; undefined if nothing is missing. */
  lost?: string;
  /** The name of the agent's resource, for tokens and URL configurations. */
  of?: string;
}

const LOST_TOKEN = "its secret: `token` is undefined until it is replaced";
const LOST_KEY = "its `clientKey`: set it before it is replaced";

/** The resources of the found objects, each agent followed by its tokens and URL configurations. */
export function adopt(found: readonly FoundAgent[]): AdoptedResource[] {
  const names = nameResources(found);
  return found.flatMap(({ project, agent, tokens, urlConfigurations }, index) => {
    const named = names[index];
    if (named === undefined) return [];
    const at = { project, agentId: agent.id };
    const kept = { ...at, projectId: agent.config_project.id };
    const resources: (Omit<AdoptedResource, "inputs" | "outputs"> & { inputs: object; outputs: object })[] = [
      {
        kind: "ClusterAgent",
        name: named.agent,
        id: formatId(project, agent.id),
        inputs: { project, name: agent.name },
        outputs: agentState(project, agent),
      },
      ...tokens.map((token) => ({
        kind: "AgentToken" as const,
        name: named.tokens.get(token.id) ?? token.name,
        id: formatId(project, agent.id, token.id),
        inputs: { ...at, name: token.name, description: token.description || undefined },
        outputs: tokenState(token, kept),
        lost: LOST_TOKEN,
        of: named.agent,
      })),
      ...urlConfigurations.map((configuration) => {
        const outputs = urlConfigState(configuration, kept);
        const { url, clientCert, caCert, tlsHost } = outputs;
        return {
          kind: "ReceptiveUrlConfig" as const,
          name: named.urlConfigurations.get(configuration.id) ?? named.agent,
          id: formatId(project, agent.id, configuration.id),
          inputs: { ...at, url, clientCert, caCert, tlsHost },
          outputs,
          ...(clientCert === undefined ? {} : { lost: LOST_KEY }),
          of: named.agent,
        };
      }),
    ];
    return resources.map((each) => ({ ...each, inputs: toPlainJson(each.inputs), outputs: toPlainJson(each.outputs) }));
  });
}

/**
 * The text of a file for `pulumi import --file`. The engine records its inputs and outputs without a read, as dynamic resources
 * need; `__provider` has to be in both, or no later operation on the resource could work.
 */
export function importFile(resources: readonly AdoptedResource[]): string {
  const entries = resources.map(({ kind, name, id, inputs, outputs }) => {
    const { type, provider } = permanent(kind);
    return {
      type,
      name,
      id,
      inputs: { ...inputs, __provider: provider },
      outputs: { ...outputs, __provider: provider },
    };
  });
  return `${JSON.stringify({ nameTable: {}, resources: entries }, undefined, 2)}\n`;
}

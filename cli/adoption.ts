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
  /** The secret of a token, if it is known. */
  secret?: string | undefined;
  /** The name of the agent's resource, for tokens and URL configurations. */
  of?: string;
}

const LOST_TOKEN = "its secret: `token` is undefined until it is replaced";
const LOST_KEY = "its `clientKey`: set it before it is replaced";

/** How a state file marks a secret, and the mark. */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

/**
 * The resources of the found objects, each agent followed by its tokens and URL configurations.
 *
 * @param secrets the known secrets of tokens, by the token's id
 */
export function adopt(
  found: readonly FoundAgent[],
  secrets: ReadonlyMap<number, string> = new Map(),
): AdoptedResource[] {
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
        ...(secrets.has(token.id) ? { secret: secrets.get(token.id) } : { lost: LOST_TOKEN }),
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
 * The text of a file for `pulumi import --file`. It has the known secrets of tokens, marked as secret, so that the state encrypts them.
 *
 * @param native whether the resources are the plugin's, which the engine reads during the import, except of tokens with a known secret. Otherwise it records the inputs
 *   and outputs of the file without a read, as dynamic resources need; `__provider` has to be in both, or no later operation on the
 *   resource could work
 */
export function importFile(resources: readonly AdoptedResource[], native = false): string {
  const entries = resources.map(({ kind, name, id, inputs, outputs, secret }) => {
    const token = secret === undefined ? {} : { token: { [SIGNATURE]: SECRET, plaintext: JSON.stringify(secret) } };
    if (native) {
      const project = String(inputs["project"]);
      const known = { inputs: { ...inputs, project }, outputs: { ...outputs, project, ...token } };
      return { type: `gitlab-agent:index:${kind}`, name, id, ...(secret === undefined ? {} : known) };
    }
    const { type, provider } = permanent(kind);
    return {
      type,
      name,
      id,
      inputs: { ...inputs, __provider: provider },
      outputs: { ...outputs, ...token, __provider: provider },
    };
  });
  return `${JSON.stringify({ nameTable: {}, resources: entries }, undefined, 2)}\n`;
}

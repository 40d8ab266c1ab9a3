import { Namespace, Secret } from "@pulumi/kubernetes/core/v1";
import { Release } from "@pulumi/kubernetes/helm/v3/release";
import * as pulumi from "@pulumi/pulumi";
import type { AgentConnection } from "../agentConnection";
import type { AgentToken } from "../agentToken";
import type { ClusterAgent } from "../clusterAgent";
import { coded } from "../coded";
import type { ReceptiveUrlConfig } from "../receptiveUrlConfig";
import type { AgentInstallationArgs } from "./agentInstallationArgs";
import { chartOf } from "./chart";
import { kasAddress, type GetKasOutput } from "./kasAddress";
import { namespaceName, releaseName, secretName } from "./names";
import { receptiveAgent } from "./receptiveAgent";
import { mergeValues, type Values } from "./values";

/** Seconds to wait for a receptive agent: GitLab looks for new ones every five to ten minutes. */
const RECEPTIVE_TIMEOUT = 900;

/** What an installation creates in GitLab: the dynamic resources in a TypeScript program, the native plugin's in other languages. */
export interface GitLabResources {
  ClusterAgent: typeof ClusterAgent;
  AgentToken: typeof AgentToken;
  AgentConnection: typeof AgentConnection;
  ReceptiveUrlConfig: typeof ReceptiveUrlConfig;
  getKasOutput: GetKasOutput;
  /** The type of the same resource of the other ones, as which it may be in the state. */
  otherType(kind: Kind): string;
}

type Kind = "ClusterAgent" | "AgentToken" | "AgentConnection" | "ReceptiveUrlConfig";

/** The children of an installation. */
export interface Installation {
  agent: ClusterAgent;
  token: AgentToken;
  secret: Secret;
  release: Release;
  connection: AgentConnection | undefined;
  namespace: pulumi.Output<string>;
  urlConfig: ReceptiveUrlConfig | undefined;
}

/**
 * Declares the children of an installation. They have the component's name, so that agent and token are named after it in GitLab, and
 * keep their names if the component is renamed with an alias.
 *
 * @param component the component, which is the parent of all of them
 * @throws Error as the constructor of `AgentInstallation` does
 */
export function install(
  component: pulumi.ComponentResource,
  name: string,
  args: AgentInstallationArgs,
  resources: GitLabResources,
): Installation {
  const parent = { parent: component };
  const agent = agentOf(name, args, parent, resources);
  // A token belongs to the GitLab of its agent, so it uses the agent's provider.
  const provider = agent.getProvider(resources.AgentToken.__pulumiType);
  const gitlab = { ...parent, ...(provider && { provider }) };
  const as = (kind: Kind) => ({ ...gitlab, ...aliased(kind, resources) });
  const { project, agentId, name: agentName } = agent;
  const rotationTriggers = args.tokenRotationTriggers;
  const rotateAfterDays = args.tokenRotateAfterDays;
  const token = new resources.AgentToken(
    name,
    { project, agentId, rotationTriggers, rotateAfterDays },
    as("AgentToken"),
  );

  const receptive =
    args.receptive &&
    receptiveAgent(name, { project, agentId }, args.receptive, as("ReceptiveUrlConfig"), resources.ReceptiveUrlConfig);
  const content = pulumi.output(receptive?.stringData ?? {});
  const named = agentName.apply(releaseName);
  const namespace = namespaceOf(name, args, agentName, parent);
  const secret = new Secret(
    name,
    {
      metadata: {
        // Some of the name's sources are secret; the name is not.
        name: pulumi.unsecret(
          pulumi
            .all([named, token.tokenId, content])
            .apply(([release, tokenId, known]) => secretName(release, tokenId, known)),
        ),
        namespace,
      },
      stringData: pulumi.secret(content.apply((known) => ({ ...known, token: token.token }))),
    },
    parent,
  );

  const mounted = secret.metadata.name;
  const own: Values = receptive?.values(mounted) ?? {
    config: { secretName: mounted, kasAddress: kasAddress(args.kasAddress, () => resources.getKasOutput(gitlab)) },
  };
  const replicas = args.replicas === undefined ? {} : { replicas: args.replicas };
  const values = mergeValues({ ...own, ...replicas }, args.values as pulumi.Input<Values> | undefined);
  const release = new Release(
    name,
    {
      name: named,
      namespace,
      ...chartOf(args),
      values,
      // A null value removes a default of the chart.
      allowNullValues: true,
    },
    parent,
  );
  const { tokenId } = token;
  const timeout = args.connectionTimeout ?? (args.receptive === undefined ? undefined : RECEPTIVE_TIMEOUT);
  const connection =
    args.awaitConnection === false
      ? undefined
      : new resources.AgentConnection(
          name,
          { project, agentId, tokenId, timeout },
          { ...as("AgentConnection"), dependsOn: release },
        );
  return { agent, token, secret, release, namespace, urlConfig: receptive?.urlConfig, connection };
}

/** A stack that moves between the dynamic resources and the native plugin keeps its objects. */
const aliased = (kind: Kind, resources: Pick<GitLabResources, "otherType">) => ({
  aliases: [{ type: resources.otherType(kind) }],
});

type Parent = { parent: pulumi.Resource };

function agentOf(
  name: string,
  { agent, project, agentName }: AgentInstallationArgs,
  parent: Parent,
  resources: Pick<GitLabResources, "ClusterAgent" | "otherType">,
): ClusterAgent {
  if (agent !== undefined) {
    if (project === undefined && agentName === undefined) return agent;
    throw new pulumi.RunError(
      coded(
        `AgentInstallation "${name}" is given both \`agent\` and \`${project === undefined ? "agentName" : "project"}\`. Give \`agent\` to install an agent that is registered; give \`project\`, with or without \`agentName\`, to register one.`,
      ),
    );
  }
  if (project === undefined) {
    throw new pulumi.RunError(
      coded(
        `AgentInstallation "${name}" is given neither \`agent\` nor \`project\`. Give \`agent\` to install an agent that is registered, or \`project\` to register one there.`,
      ),
    );
  }
  return new resources.ClusterAgent(
    name,
    { project, name: agentName },
    { ...parent, ...aliased("ClusterAgent", resources) },
  );
}

function namespaceOf(
  name: string,
  { namespace, createNamespace = namespace === undefined }: AgentInstallationArgs,
  agentName: pulumi.Output<string>,
  parent: Parent,
): pulumi.Output<string> {
  if (Namespace.isInstance(namespace)) return namespace.metadata.name;
  const named = pulumi.output(namespace ?? agentName.apply(namespaceName));
  return createNamespace ? new Namespace(name, { metadata: { name: named } }, parent).metadata.name : named;
}

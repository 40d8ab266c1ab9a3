import { Namespace, Secret } from "@pulumi/kubernetes/core/v1";
import { Release } from "@pulumi/kubernetes/helm/v3";
import * as pulumi from "@pulumi/pulumi";
import { randomBytes } from "node:crypto";
import { AgentToken, ClusterAgent, ReceptiveUrlConfig } from "pulumi-gitlab-agent";

/**
 * The resources that `AgentInstallation` of 0.1.0 declared for a receptive agent (JWT), with the names and types in its stacks.
 * GitLab's chart refuses them, since `config.secretName` names an existing Secret that the chart would create, too.
 */
export class FormerInstallation extends pulumi.ComponentResource {
  constructor(name: string, url: string, opts?: pulumi.ComponentResourceOptions) {
    super("gitlab-agent:kubernetes:AgentInstallation", name, {}, opts);
    const parent = { parent: this };
    const { project, agentId } = new ClusterAgent(name, { project: "group/app" }, parent);
    const token = new AgentToken(name, { project, agentId, rotationTriggers: { month: "2026-11" } }, parent);
    const urlConfig = new ReceptiveUrlConfig(name, { project, agentId, url }, parent);
    const stash = new pulumi.Stash(
      `${name}-private-api-jwt`,
      { input: pulumi.secret(randomBytes(64).toString("base64")) },
      { ...parent, ignoreChanges: ["input"] },
    );
    const jwtPublicKey = urlConfig.publicKey as pulumi.Output<string>;
    const metadata = { name: `gitlab-agent-${name}` };
    const namespace = new Namespace(name, { metadata }, parent).metadata.name;
    const secret = new Secret(
      name,
      {
        metadata: { name: pulumi.interpolate`${name}-token-${token.tokenId}-0a1b2c3d`, namespace },
        stringData: { token: token.token, "api-jwt": jwtPublicKey, "private-api-jwt": stash.input },
      },
      parent,
    );
    new Release(
      name,
      {
        name,
        namespace,
        chart: "gitlab-agent",
        repositoryOpts: { repo: "https://charts.gitlab.io" },
        values: {
          config: { secretName: secret.metadata.name, receptive: { enabled: true }, api: { jwtPublicKey } },
        },
        allowNullValues: true,
      },
      parent,
    );
    this.registerOutputs({});
  }
}

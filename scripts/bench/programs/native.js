// The native plugin, by classes as Pulumi's generator writes them.
const pulumi = require("@pulumi/pulumi");
const { version } = require("pulumi-gitlab-agent/package.json");

class ClusterAgent extends pulumi.CustomResource {
  constructor(name, args, opts) {
    const outputs = { agentId: undefined, configProject: undefined, createdAt: undefined, createdByUserId: undefined };
    const aliases = [{ type: "pulumi-nodejs:dynamic/gitlab:ClusterAgent" }];
    const options = pulumi.mergeOptions({ version, aliases }, opts);
    super("gitlab-agent:index:ClusterAgent", name, { name: undefined, ...outputs, ...args }, options);
  }
}

class AgentToken extends pulumi.CustomResource {
  constructor(name, args, opts) {
    const outputs = { createdAt: undefined, createdByUserId: undefined, status: undefined, tokenId: undefined };
    const aliases = [{ type: "pulumi-nodejs:dynamic/gitlab:AgentToken" }];
    const options = pulumi.mergeOptions({ version, aliases, additionalSecretOutputs: ["token"] }, opts);
    super("gitlab-agent:index:AgentToken", name, { name: undefined, token: undefined, ...outputs, ...args }, options);
  }
}

for (let i = 0; i < Number(process.env.BENCH_AGENTS); i++) {
  const agent = new ClusterAgent(`agent-${i}`, { project: "group/app" });
  if (process.env.BENCH_TOKENS === "true") {
    new AgentToken(`agent-${i}`, { project: agent.project, agentId: agent.agentId });
  }
}

// This package, used as in its documentation.
const { AgentToken, ClusterAgent } = require("pulumi-gitlab-agent");

for (let i = 0; i < Number(process.env.BENCH_AGENTS); i++) {
  const agent = new ClusterAgent(`agent-${i}`, { project: "group/app" });
  if (process.env.BENCH_TOKENS === "true") {
    new AgentToken(`agent-${i}`, { project: agent.project, agentId: agent.agentId });
  }
}

"""An agent for Kubernetes and its token."""

import pulumi
import pulumi_gitlab_agent as gitlab_agent

# GitLab and the credential come from gitlab-agent:baseUrl and gitlab-agent:token, or GITLAB_BASE_URL and GITLAB_TOKEN.
config = pulumi.Config()
project = config.require("project")

production = gitlab_agent.ClusterAgent("production", project=project)

token = gitlab_agent.AgentToken(
    "token",
    project=project,
    agent_id=production.agent_id,
    name="production",
    description="Installed by the Helm chart",
    rotation_triggers={"rotation": config.require("rotation")},
)

kas = gitlab_agent.get_kas_output()

pulumi.export("agentId", production.agent_id)
pulumi.export("agentName", production.name)
# For the Secret that the chart's `config.secretName` names (docs/helm.md): shown as [secret].
pulumi.export("agentToken", token.token)
pulumi.export("kasAddress", kas.external_url)

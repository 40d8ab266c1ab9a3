"""An agent that the program registers, installed by the component, which gets it as the resource itself."""

import pulumi
import pulumi_gitlab_agent as gitlab_agent
from pulumi_gitlab_agent.kubernetes import AgentInstallation

agent = gitlab_agent.ClusterAgent("production", project="group/app")

installation = AgentInstallation(
    "production",
    agent=agent,
    token_rotation_triggers={"month": pulumi.Config().require("month")},
    values={"rbac": {"useExistingRole": "view"}},
)

pulumi.export("agentId", installation.agent.agent_id)
pulumi.export("token", installation.token.token)
pulumi.export("namespace", installation.namespace)
pulumi.export("secret", installation.secret_name)

"""The story of tests/conformance/story.ts, told with python-gitlab. It prints one JSON report."""

import json
import os

import gitlab

PROJECT = "group/app"
OTHER = "group/subgroup/infra"


def client(name):
    return gitlab.Gitlab(os.environ["STORY_URL"], private_token=os.environ[name], per_page=None)


def refused(call):
    try:
        call()
    except gitlab.exceptions.GitlabError as error:
        return {"status": error.response_code, "text": str(error.error_message)}
    return {"status": 0, "text": "not refused"}


def seen(agent):
    return {
        "id": agent.id,
        "name": agent.name,
        "project": agent.config_project["path_with_namespace"],
        "createdByUserId": agent.created_by_user_id,
    }


def seen_token(token):
    return {
        "id": token["id"],
        "agentId": token["agent_id"],
        "name": token["name"],
        "description": token["description"],
        "status": token["status"],
        "neverUsed": token["last_used_at"] is None,
    }


api = client("STORY_MAINTAINER")
# Typed calls start at the project; lazily, so that only the agents' endpoints are asked.
agents = api.projects.get(PROJECT, lazy=True).cluster_agents
told = {"client": f"python-gitlab {gitlab.__version__}", "refusals": {}}
refusals = told["refusals"]

told["listedAtFirst"] = len(agents.list(get_all=True))
for number in range(12, 0, -1):
    agent = agents.create({"name": f"agent-{number:02}"})
told["registered"] = seen(agent)

listed = agents.list(iterator=True, per_page=5)
told["total"] = listed.total
told["names"] = [one.name for one in listed]
told["read"] = seen(agents.get(agent.id))

# There is no typed call for tokens; the client's own generic ones know authentication, paths, pages and errors.
tokens = f"/projects/{gitlab.utils.EncodedId(PROJECT)}/cluster_agents/{agent.id}/tokens"
told["typedTokens"] = any("token" in name for name in dir(agent))
token = api.http_post(tokens, post_data={"name": "first", "description": "of the story"})
told["created"], told["secretLength"] = seen_token(token), len(token["token"])
api.http_post(tokens, post_data={"name": "second"})
refusals["thirdToken"] = refused(lambda: api.http_post(tokens, post_data={"name": "third"}))
told["tokenNames"] = [one["name"] for one in api.http_list(tokens, iterator=True, per_page=1)]
told["tokenRead"] = seen_token(api.http_get(f"{tokens}/{token['id']}"))
api.http_delete(f"{tokens}/{token['id']}")
refusals["revokedToken"] = refused(lambda: api.http_get(f"{tokens}/{token['id']}"))
told["activeAfterRevocation"] = len(api.http_list(tokens, get_all=True))

refusals["takenName"] = refused(lambda: agents.create({"name": "agent-02"}))
refusals["badName"] = refused(lambda: agents.create({"name": "Agent_2"}))
refusals["noName"] = refused(lambda: api.http_post(f"/projects/{gitlab.utils.EncodedId(PROJECT)}/cluster_agents"))
nowhere = api.projects.get("group/nowhere", lazy=True).cluster_agents
refusals["hiddenProject"] = refused(lambda: nowhere.list(get_all=True))
guest = client("STORY_GUEST").projects.get(PROJECT, lazy=True).cluster_agents
refusals["guestLists"] = refused(lambda: guest.list(get_all=True))
refusals["guestRegisters"] = refused(lambda: guest.create({"name": "first"}))
stranger = client("STORY_STRANGER").projects.get(PROJECT, lazy=True).cluster_agents
refusals["stranger"] = refused(lambda: stranger.list(get_all=True))

# An object that offers to be saved, where neither the API nor the client's own manager can.
agent.name = "renamed"
try:
    agent.save()
    told["save"] = "saved"
except Exception as error:
    told["save"] = f"{type(error).__name__}: {error}"

agents.delete(agent.id)
refusals["deletedAgent"] = refused(lambda: agents.get(agent.id))
refusals["tokensOfDeletedAgent"] = refused(lambda: api.http_list(tokens, get_all=True))
told["agentsAfterDeletion"] = len(agents.list(get_all=True, per_page=100))

infra = api.projects.get(OTHER, lazy=True).cluster_agents.create({"name": "first"})
lost = refused(lambda: api.http_post(
    f"/projects/{gitlab.utils.EncodedId(OTHER)}/cluster_agents/{infra.id}/tokens", post_data={"name": "first"}
))
told["lostAnswer"] = f"failed with {lost['status']}" if lost["status"] else "created"
print(json.dumps(told))

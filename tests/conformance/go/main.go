// The story of tests/conformance/story.ts, told with GitLab's own Go client and its typed calls. It prints one JSON report.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime/debug"

	gitlab "gitlab.com/gitlab-org/api/client-go"
)

const (
	module  = "gitlab.com/gitlab-org/api/client-go"
	project = "group/app"
	other   = "group/subgroup/infra"
)

type refusal struct {
	Status int    `json:"status"`
	Text   string `json:"text"`
}

type report struct {
	Client        string             `json:"client"`
	ListedAtFirst int                `json:"listedAtFirst"`
	Registered    map[string]any     `json:"registered"`
	Names         []string           `json:"names"`
	Total         int                `json:"total"`
	Read          map[string]any     `json:"read"`
	Created       map[string]any     `json:"created"`
	SecretLength  int                `json:"secretLength"`
	TokenNames    []string           `json:"tokenNames"`
	TokenRead     map[string]any     `json:"tokenRead"`
	ActiveAfter   int                `json:"activeAfterRevocation"`
	AgentsAfter   int                `json:"agentsAfterDeletion"`
	Refusals      map[string]refusal `json:"refusals"`
	LostAnswer    string             `json:"lostAnswer"`
}

func client(name string) *gitlab.Client {
	made, err := gitlab.NewClient(os.Getenv(name), gitlab.WithBaseURL(os.Getenv("STORY_URL")))
	must(err)
	return made
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func refused(response *gitlab.Response, err error) refusal {
	if err == nil {
		return refusal{Text: "not refused"}
	}
	status := 0
	if response != nil {
		status = response.StatusCode
	}
	var answer *gitlab.ErrorResponse
	if errors.As(err, &answer) {
		return refusal{Status: status, Text: answer.Message}
	}
	return refusal{Status: status, Text: err.Error()}
}

func version() string {
	build, _ := debug.ReadBuildInfo()
	for _, dependency := range build.Deps {
		if dependency.Path == module {
			return dependency.Version
		}
	}
	return "unknown"
}

func main() {
	agents := client("STORY_MAINTAINER").ClusterAgents
	told := report{Client: "client-go " + version(), Refusals: map[string]refusal{}}

	first, _, err := agents.ListAgents(project, &gitlab.ListAgentsOptions{})
	must(err)
	told.ListedAtFirst = len(first)

	register := func(name string) (*gitlab.Agent, *gitlab.Response, error) {
		return agents.RegisterAgent(project, &gitlab.RegisterAgentOptions{Name: &name})
	}
	var agent *gitlab.Agent
	for number := 12; number >= 1; number-- {
		agent, _, err = register(fmt.Sprintf("agent-%02d", number))
		must(err)
	}
	told.Registered = seen(agent)

	options := gitlab.ListAgentsOptions{PerPage: 5}
	for {
		page, response, err := agents.ListAgents(project, &options)
		must(err)
		for _, one := range page {
			told.Names = append(told.Names, one.Name)
		}
		told.Total = response.TotalItems
		if response.NextPage == 0 {
			break
		}
		options.Page = response.NextPage
	}

	read, _, err := agents.GetAgent(project, agent.ID)
	must(err)
	told.Read = seen(read)

	name, description := "first", "of the story"
	token, _, err := agents.CreateAgentToken(project, agent.ID, &gitlab.CreateAgentTokenOptions{Name: &name, Description: &description})
	must(err)
	told.Created, told.SecretLength = seenToken(token), len(token.Token)
	create := func(id int, name string) (*gitlab.AgentToken, *gitlab.Response, error) {
		return agents.CreateAgentToken(project, id, &gitlab.CreateAgentTokenOptions{Name: &name})
	}
	_, _, err = create(agent.ID, "second")
	must(err)
	_, response, err := create(agent.ID, "third")
	told.Refusals["thirdToken"] = refused(response, err)

	paged := gitlab.ListAgentTokensOptions{PerPage: 1}
	for {
		page, response, err := agents.ListAgentTokens(project, agent.ID, &paged)
		must(err)
		for _, one := range page {
			told.TokenNames = append(told.TokenNames, one.Name)
		}
		if response.NextPage == 0 {
			break
		}
		paged.Page = response.NextPage
	}
	found, _, err := agents.GetAgentToken(project, agent.ID, token.ID)
	must(err)
	told.TokenRead = seenToken(found)

	_, err = agents.RevokeAgentToken(project, agent.ID, token.ID)
	must(err)
	_, response, err = agents.GetAgentToken(project, agent.ID, token.ID)
	told.Refusals["revokedToken"] = refused(response, err)
	active, _, err := agents.ListAgentTokens(project, agent.ID, &gitlab.ListAgentTokensOptions{})
	must(err)
	told.ActiveAfter = len(active)

	_, response, err = register("agent-02")
	told.Refusals["takenName"] = refused(response, err)
	_, response, err = register("Agent_2")
	told.Refusals["badName"] = refused(response, err)
	_, response, err = agents.RegisterAgent(project, &gitlab.RegisterAgentOptions{})
	told.Refusals["noName"] = refused(response, err)
	_, response, err = agents.ListAgents("group/nowhere", nil)
	told.Refusals["hiddenProject"] = refused(response, err)
	guest := client("STORY_GUEST").ClusterAgents
	_, response, err = guest.ListAgents(project, nil)
	told.Refusals["guestLists"] = refused(response, err)
	_, response, err = guest.RegisterAgent(project, &gitlab.RegisterAgentOptions{Name: &name})
	told.Refusals["guestRegisters"] = refused(response, err)
	_, response, err = client("STORY_STRANGER").ClusterAgents.ListAgents(project, nil)
	told.Refusals["stranger"] = refused(response, err)

	_, err = agents.DeleteAgent(project, agent.ID)
	must(err)
	_, response, err = agents.GetAgent(project, agent.ID)
	told.Refusals["deletedAgent"] = refused(response, err)
	_, response, err = agents.ListAgentTokens(project, agent.ID, nil)
	told.Refusals["tokensOfDeletedAgent"] = refused(response, err)
	left, _, err := agents.ListAgents(project, &gitlab.ListAgentsOptions{PerPage: 100})
	must(err)
	told.AgentsAfter = len(left)

	infra, _, err := agents.RegisterAgent(other, &gitlab.RegisterAgentOptions{Name: &name})
	must(err)
	_, response, err = agents.CreateAgentToken(other, infra.ID, &gitlab.CreateAgentTokenOptions{Name: &name})
	told.LostAnswer = "created"
	if err != nil {
		told.LostAnswer = fmt.Sprintf("failed with %d", refused(response, err).Status)
	}
	must(json.NewEncoder(os.Stdout).Encode(told))
}

func seen(agent *gitlab.Agent) map[string]any {
	return map[string]any{
		"id":              agent.ID,
		"name":            agent.Name,
		"project":         agent.ConfigProject.PathWithNamespace,
		"createdByUserId": agent.CreatedByUserID,
	}
}

func seenToken(token *gitlab.AgentToken) map[string]any {
	return map[string]any{
		"id":          token.ID,
		"agentId":     token.AgentID,
		"name":        token.Name,
		"description": token.Description,
		"status":      token.Status,
		"neverUsed":   token.LastUsedAt == nil,
	}
}

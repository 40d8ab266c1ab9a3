import * as pulumi from "@pulumi/pulumi";
import { AgentToken, ClusterAgent } from "pulumi-gitlab-agent";
import { TokenFile } from "./tokenFile";

const config = new pulumi.Config();
const agent = new ClusterAgent("production", { project: config.get("project") ?? "group/app" });

// The first update of a month makes a new token. "2026-11" in the configuration stands for the clock, in tests and by hand.
const month = config.get("month") || new Date().toISOString().slice(0, "2026-11".length);

const token = new AgentToken("production", {
  project: agent.project,
  agentId: agent.agentId,
  rotationTriggers: { month },
  // Where no update ran at the turn of a month, the age still brings the token to its end.
  rotateAfterDays: config.getNumber("rotateAfterDays") ?? 31,
});

// What uses the token depends on it, so the update's order is: create the new token, write it here, revoke the old one.
const file = new TokenFile("production", { path: config.get("tokenFile") ?? "agent-token", token: token.token });

export const tokenFile = file.path;
export const tokenId = token.tokenId;
export const since = token.createdAt;

import * as pulumi from "@pulumi/pulumi";
import { AgentToken, ClusterAgent } from "pulumi-gitlab-agent";
import { TokenFile } from "./tokenFile";

const config = new pulumi.Config();
const agent = new ClusterAgent("production", { project: config.get("project") ?? "group/app" });

// The first update of a month creates a new token. Set `month` in the configuration to override the clock.
const month = config.get("month") || new Date().toISOString().slice(0, "2026-11".length);

const token = new AgentToken("production", {
  project: agent.project,
  agentId: agent.agentId,
  rotationTriggers: { month },
  // Replaces the token by its age too, if no update ran in a new month.
  rotateAfterDays: config.getNumber("rotateAfterDays") ?? 31,
});

// The file depends on the token, so the update creates the new token, writes it here, and then revokes the old one.
const file = new TokenFile("production", { path: config.get("tokenFile") ?? "agent-token", token: token.token });

export const tokenFile = file.path;
export const tokenId = token.tokenId;
export const since = token.createdAt;

import { tokenFrom, type GitLab, type WireAgentToken } from "../gitlab";
import { asAgentId, asId, asProject } from "./arguments";

interface AgentArgs {
  project: string | number;
  agentId: number;
}

/** The active tokens of an agent. */
export async function getAgentTokens(gitlab: GitLab, args: AgentArgs) {
  const [project, agentId] = [asProject(args.project), asAgentId(args.agentId)];
  const operation = gitlab.begin(`list the active tokens of agent ${agentId} in project ${project}`);
  return (await operation.tokens.list(project, agentId)).map(tokenOf);
}

/** One active token, with the time of its last use. */
export async function getAgentToken(gitlab: GitLab, args: AgentArgs & { tokenId: number }) {
  const [project, agentId] = [asProject(args.project), asAgentId(args.agentId)];
  const tokenId = asId("tokenId", args.tokenId);
  const operation = gitlab.begin(`read token ${tokenId} of agent ${agentId} in project ${project}`);
  const token = await operation.tokens.get(project, agentId, tokenId);
  return { ...tokenOf(token), lastUsedAt: token.last_used_at ?? undefined };
}

/** A token, with its number also as `id`. */
function tokenOf(token: WireAgentToken) {
  const { lastUsedAt: _, ...listed } = tokenFrom(token);
  return { id: token.id, ...listed, status: listed.status as "active" | "revoked" };
}

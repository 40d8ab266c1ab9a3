import { NotFoundError, type WireAgentToken } from "../gitlab";
import type { ProjectAgent } from "../project";

/** When a token was last used, ISO 8601; null if never; undefined if it is no longer active. */
export async function lastUse(agent: ProjectAgent, tokenId: number): Promise<string | null | undefined> {
  try {
    return (await agent.tokens.get(tokenId)).last_used_at ?? null;
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}

/** Tokens as the user can distinguish them: id, name, creator, creation, last use. */
export async function listed(agent: ProjectAgent, tokens: readonly WireAgentToken[]): Promise<string> {
  const lines = await Promise.all(
    tokens.map(async (token) => {
      const creator = token.created_by_user_id == null ? "an unknown user" : `user ${token.created_by_user_id}`;
      const used = await lastUse(agent, token.id);
      const use = used === undefined ? "revoked since" : used === null ? "never used" : `last used ${used}`;
      return `token ${token.id} "${token.name}" (created ${token.created_at} by ${creator}, ${use})`;
    }),
  );
  return lines.join("; ");
}

/** How to revoke a token by hand, for the end of a sentence. */
export function revokeByHand({ agentId }: { agentId: number }, tokenId: number | "<token id>"): string {
  return `revoke it in GitLab (Operate > Kubernetes clusters), or by \`glab cluster agent token revoke ${agentId} ${tokenId}\``;
}

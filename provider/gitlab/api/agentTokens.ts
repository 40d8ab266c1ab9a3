import type { BatchedReads } from "./batchedReads";
import { allOf, pagesOf } from "./pagination";
import { endpoint, projectPath, type ProjectRef } from "../http/request";
import type { Scope } from "./scope";

/** A token of an agent, as the API sends it. */
export interface WireAgentToken {
  id: number;
  name: string;
  description: string | null;
  agent_id: number;
  status: string;
  created_at: string;
  created_by_user_id: number | null;
  /** Null if it was never used; lists do not include it. */
  last_used_at?: string | null;
}

/** The body of a creation. */
export interface NewToken {
  name: string;
  description?: string | undefined;
}

/**
 * Tokens of an agent, which can have two active ones. Reading needs the Developer role, writing the Maintainer role.
 *
 * @see https://docs.gitlab.com/api/cluster_agents/#agent-tokens
 */
export interface AgentTokens {
  /** The active tokens, over all pages, without `last_used_at`. */
  list(project: ProjectRef, agentId: number): Promise<WireAgentToken[]>;
  /** One active token, by a GET of its own. @throws NotFoundError if it is revoked, gone or hidden */
  get(project: ProjectRef, agentId: number, tokenId: number): Promise<WireAgentToken>;
  /** One active token; reads of one agent's tokens at about the same time share one list. `last_used_at` may be missing. */
  read(project: ProjectRef, agentId: number, tokenId: number): Promise<WireAgentToken>;
  /** Creates a token. `token` is secret; only this response contains it. @throws LostResponseError */
  create(project: ProjectRef, agentId: number, token: NewToken): Promise<WireAgentToken & { token: string }>;
  /** Revokes a token; revoking it again is not an error. */
  revoke(project: ProjectRef, agentId: number, tokenId: number): Promise<void>;
}

/** A token with the names used in programs, field by field, so that no secret field is passed on. */
export function tokenFrom(wire: WireAgentToken) {
  return {
    tokenId: wire.id,
    name: wire.name,
    description: wire.description || undefined,
    agentId: wire.agent_id,
    status: wire.status,
    createdAt: wire.created_at,
    createdByUserId: wire.created_by_user_id ?? undefined,
    lastUsedAt: wire.last_used_at ?? undefined,
  };
}

/** The endpoints of tokens for one operation. */
export function agentTokens(scope: Scope, reads: BatchedReads<WireAgentToken>, forget: () => void): AgentTokens {
  const listPath = (project: ProjectRef, agentId: number): string =>
    endpoint`/projects/${projectPath(project)}/cluster_agents/${agentId}/tokens`;
  const path = (project: ProjectRef, agentId: number, tokenId: number): string =>
    `${listPath(project, agentId)}${endpoint`/${tokenId}`}`;
  const get = async (project: ProjectRef, agentId: number, tokenId: number): Promise<WireAgentToken> =>
    (await scope.send({ method: "GET", path: path(project, agentId, tokenId), expect: "object", needs: ["id"] }))
      .body as WireAgentToken;
  return {
    list: (project, agentId) => allOf<WireAgentToken>(scope.send, listPath(project, agentId)),
    get,
    read: (project, agentId, tokenId) =>
      reads.read(`${agentId} ${projectPath(project)}`, tokenId, {
        what: scope.what,
        one: () => get(project, agentId, tokenId),
        pages: () =>
          pagesOf(
            scope.sharedSend(`list the tokens of agent ${agentId} in project ${projectPath(project)}`),
            listPath(project, agentId),
          ),
        within: scope.within,
      }),
    create: (project, agentId, token) =>
      scope.write(forget, async () => {
        const response = await scope.send({
          method: "POST",
          path: listPath(project, agentId),
          body: { ...token },
          expect: "object",
          needs: ["id", "token"],
        });
        return response.body as WireAgentToken & { token: string };
      }),
    revoke: (project, agentId, tokenId) =>
      scope.write(forget, async () => {
        await scope.send({ method: "DELETE", path: path(project, agentId, tokenId), expect: "nothing" });
      }),
  };
}

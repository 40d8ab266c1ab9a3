import type { WireAgentToken } from "../gitlab";
import { canonicalJson } from "../inputs/normalization";

/** Tokens whose secret this process or the state has, so they are not orphaned. */
const knownTokenIds = new Set<number>();

/** An agent's active tokens as last listed by this process. */
const lastListing = new Map<number, readonly WireAgentToken[]>();

/** Records that the secret of a token is known. */
export function holdToken(tokenId: unknown): void {
  if (typeof tokenId === "number") knownTokenIds.add(tokenId);
}

/** Whether the secret of a token is known. */
export function isHeld(tokenId: number): boolean {
  return knownTokenIds.has(tokenId);
}

/** Records an agent's present tokens, so that a later creation need not list them again. */
export function noteActiveTokens(agentId: number, tokens: readonly WireAgentToken[]): void {
  lastListing.set(agentId, tokens);
}

/** An agent's recorded tokens; undefined if there are none. */
export function notedActiveTokens(agentId: number): readonly WireAgentToken[] | undefined {
  return lastListing.get(agentId);
}

/** By declared inputs of a token: the tokens that resources with these inputs have and will replace. */
const replaced = new Map<string, Set<number>>();

/** Records that a resource will replace its token with one with these inputs. */
export function noteReplacedToken(inputs: object, tokenId: unknown): void {
  if (typeof tokenId !== "number") return;
  const key = declarationKey(inputs);
  replaced.set(key, (replaced.get(key) ?? new Set()).add(tokenId));
}

/** The present token of the resource with these inputs; undefined if this is not certain. */
export function replacedToken(inputs: object): number | undefined {
  const [one, another] = replaced.get(declarationKey(inputs)) ?? [];
  return another === undefined ? one : undefined;
}

/** Clears the planned replacements. Only for tests that simulate several runs in one process. */
export function forgetReplacedTokens(): void {
  replaced.clear();
}

/** The project may be spelled in several ways, and an import option belongs to the creation: neither distinguishes tokens. */
function declarationKey(inputs: object): string {
  const {
    project: _,
    importId: _id,
    allowMissingToken: _flag,
    agentId,
    ...declared
  } = inputs as Record<string, unknown>;
  const own = Object.entries(declared).filter(([key]) => !key.startsWith("__"));
  return canonicalJson({ ...Object.fromEntries(own), agentId: Number(agentId) });
}

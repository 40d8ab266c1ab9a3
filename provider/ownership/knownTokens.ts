import type { WireAgentToken } from "../gitlab";
import { canonicalJson } from "../inputs/normalization";

/** Tokens whose secret this process, or the state that it was shown, has in hand: never an orphan. */
const knownTokenIds = new Set<number>();

/** What this process last saw active on an agent, where it asked for another reason. */
const lastListing = new Map<number, readonly WireAgentToken[]>();

/** Keeps in mind that the secret of a token is in hand. */
export function holdToken(tokenId: unknown): void {
  if (typeof tokenId === "number") knownTokenIds.add(tokenId);
}

/** Whether the secret of a token is in hand. */
export function isHeld(tokenId: number): boolean {
  return knownTokenIds.has(tokenId);
}

/** Keeps in mind which tokens an agent had at this moment: a creation that follows need not ask again. */
export function noteActiveTokens(agentId: number, tokens: readonly WireAgentToken[]): void {
  lastListing.set(agentId, tokens);
}

/** What was noted of an agent; undefined where nothing was. */
export function notedActiveTokens(agentId: number): readonly WireAgentToken[] | undefined {
  return lastListing.get(agentId);
}

/** By what a program declares of a token: the tokens that resources with this declaration have, and are to replace. */
const replaced = new Map<string, Set<number>>();

/** Keeps in mind that a resource is to replace the token which it has by one with these inputs. */
export function noteReplacedToken(inputs: object, tokenId: unknown): void {
  if (typeof tokenId !== "number") return;
  const key = declarationKey(inputs);
  replaced.set(key, (replaced.get(key) ?? new Set()).add(tokenId));
}

/** The token that the resource with these inputs has until now; undefined where that is not known for certain. */
export function replacedToken(inputs: object): number | undefined {
  const [one, another] = replaced.get(declarationKey(inputs)) ?? [];
  return another === undefined ? one : undefined;
}

/** Forgets which tokens were to be replaced. Only for tests that play several runs in one process. */
export function forgetReplacedTokens(): void {
  replaced.clear();
}

function declarationKey(inputs: object): string {
  const { agentId, name, description, rotationTriggers, rotateAfterDays } = inputs as Record<string, unknown>;
  return canonicalJson({ agentId: Number(agentId), name, description, rotationTriggers, rotateAfterDays });
}

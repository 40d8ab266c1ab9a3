import type { WireAgentToken } from "./gitlab";

/** Tokens whose secret this process, or the state that it was shown, has in hand: never an orphan. */
const held = new Set<number>();

/** What this process last saw active on an agent, where it asked for another reason. */
const seen = new Map<number, readonly WireAgentToken[]>();

/** Keeps in mind that the secret of a token is in hand. */
export function holdToken(tokenId: unknown): void {
  if (typeof tokenId === "number") held.add(tokenId);
}

/** Whether the secret of a token is in hand. */
export function isHeld(tokenId: number): boolean {
  return held.has(tokenId);
}

/** Keeps in mind which tokens an agent had at this moment: a creation that follows need not ask again. */
export function noteActiveTokens(agentId: number, tokens: readonly WireAgentToken[]): void {
  seen.set(agentId, tokens);
}

/** What was noted of an agent; undefined where nothing was. */
export function notedActiveTokens(agentId: number): readonly WireAgentToken[] | undefined {
  return seen.get(agentId);
}

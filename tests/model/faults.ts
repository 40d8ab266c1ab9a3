import type { FaultRule } from "../../simulator/faultRule";
import type { RecordedRequest } from "../../simulator/requestLog";
import type { Chance } from "./chance";
import { US, type World } from "./world";

type Kind = Pick<FaultRule, "kind" | "status" | "commit" | "headers" | "body">;

/** What can happen to a request: whether it is carried out, and whether its response is lost, a refusal or broken. */
const KINDS: readonly [Kind, ...Kind[]] = [
  { kind: "refuse" },
  { kind: "dropBefore" },
  { kind: "commitThenDrop" },
  { kind: "commitThenStatus", status: 500 },
  { kind: "commitThenStatus", status: 502 },
  { kind: "commitThenStatus", status: 504 },
  { kind: "status", status: 500 },
  { kind: "status", status: 503 },
  { kind: "status", status: 504 },
  { kind: "cutBody" },
  { kind: "unparsable" },
  { kind: "html", commit: true },
  { kind: "rateLimit", headers: false },
  { kind: "status", status: 404, headers: { "Content-Type": "application/json" }, body: { message: "404 Not Found" } },
];

/** Adds faults for some of the next requests. Returns them as text for the trace. */
export function addFaults(world: World, chance: Chance): string[] {
  const count = 1 + chance.below(3);
  return Array.from({ length: count }, () => {
    const method = chance.weighted({ POST: 5, GET: 2, DELETE: 3 });
    const kind = chance.one(KINDS);
    const times = chance.happens(0.1) ? 40 : 1 + chance.below(kind.status === 404 ? 1 : 3);
    const skip = chance.below(4);
    world.simulator.faults.add({ ...kind, method, times, skip });
    return `${times}x ${method} after ${skip}: ${kind.kind} ${kind.status ?? ""}${kind.commit ? "carried out" : ""}`;
  });
}

/**
 * The next creation of a token gets a 504 and is carried out after so many milliseconds of the model's clock, as in a slow GitLab.
 * Calls `onCreated` with the token's id.
 */
export function addLateToken(world: World, milliseconds: number, onCreated: (id: number) => void): void {
  const { simulator, clock } = world;
  if (clock === undefined) throw new Error("what comes late needs the model's clock");
  const before = world.onRequest;
  let met: RecordedRequest | undefined;
  simulator.faults.add({ kind: "status", status: 504, method: "POST", path: "/projects/*/cluster_agents/*/tokens" });
  world.onRequest = (request) => {
    before(request);
    if (met !== undefined || request.method !== "POST" || !request.path.endsWith("/tokens")) return;
    met = request;
    clock.later(milliseconds, () => {
      const agentId = Number(/cluster_agents\/(\d+)/.exec(request.path)?.[1]);
      const { state } = simulator;
      if (request.body === undefined || !state.agents.some(({ id }) => id === agentId)) return;
      if (state.activeTokens(agentId).length >= 2) return;
      const { name, description } = JSON.parse(request.body) as { name: string; description?: string };
      onCreated(state.createToken(agentId, name, description ?? null, US).id);
    });
  };
}

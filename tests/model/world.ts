import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import type { RecordedRequest } from "../../simulator/requestLog";
import type { ModelClock } from "./clock";
import { keyOf } from "./engine";
import type { Kind } from "./program";

/** The user of the stack's credential, and another member of the projects. */
export const US = 1;
export const SOMEBODY = 2;

/** The objects in the simulated GitLab, and who created them. */
export class World {
  /** Objects that others created and the stack did not import. */
  readonly theirs = new Set<string>();
  /** Objects that others removed, which a state may still have until its next refresh. */
  readonly removedByOthers = new Set<string>();
  /** Objects that the stack created and its state does not have, whether or not a message named them. */
  readonly orphans = new Set<string>();
  /** Called for each request before it is carried out. */
  onRequest: (request: RecordedRequest) => void = () => undefined;

  private constructor(
    readonly simulator: Simulator,
    readonly clock: ModelClock | undefined,
  ) {}

  static async start(clock?: ModelClock): Promise<World> {
    const hook: { onMatch: (() => void) | undefined } = { onMatch: undefined };
    const simulator = await startSimulator({
      ...(clock === undefined ? {} : { clock: clock.now, sleep: clock.sleep }),
      random: () => {
        hook.onMatch?.();
        return 1;
      },
    });
    const world = new World(simulator, clock);
    hook.onMatch = () => {
      const request = simulator.requests.at(-1);
      clock?.pass(7);
      if (request !== undefined) world.onRequest(request);
    };
    world.clearFaults();
    return world;
  }

  /** Removes all faults. One rule stays: it never affects a request, and reports each one. */
  clearFaults(): void {
    this.simulator.faults.clear();
    this.simulator.faults.add({ kind: "status", probability: 0.5, times: Infinity });
    this.onRequest = () => undefined;
  }

  /** The keys of all objects: agents, active tokens, URL configurations. */
  live(): Set<string> {
    const { state } = this.simulator;
    return new Set([
      ...state.agents.map(({ id }) => keyOf("agent", id)),
      ...state.activeTokens().map(({ id }) => keyOf("token", id)),
      ...state.urlConfigurations.map(({ id }) => keyOf("config", id)),
    ]);
  }

  /** Makes changes as others, and records what they created and removed. */
  asOthers(act: () => void): void {
    const before = this.live();
    act();
    const after = this.live();
    for (const key of after) if (!before.has(key)) this.theirs.add(key);
    for (const key of before) if (!after.has(key)) this.removedByOthers.add(key);
  }

  /** The agent of an object. */
  agentOf(key: string): number | undefined {
    const { state } = this.simulator;
    const [kind, id] = split(key);
    if (kind === "agent") return id;
    const all: { id: number; agentId: number }[] = kind === "token" ? state.tokens : state.urlConfigurations;
    return all.find((one) => one.id === id)?.agentId;
  }

  /** Secrets by name. */
  secrets(): Record<string, string> {
    return {
      credential: this.simulator.tokens["maintainer"] ?? "",
      ...Object.fromEntries(this.simulator.state.tokens.map(({ id, secret }) => [`secret of token ${id}`, secret])),
    };
  }

  close(): Promise<void> {
    return this.simulator.close();
  }
}

/** The kind and the id of a key. */
export function split(key: string): [kind: Kind, id: number] {
  const [kind = "agent", id = "0"] = key.split(":");
  return [kind as Kind, Number(id)];
}

const PATH = /\/projects\/[^/]+\/cluster_agents\/(\d+)(?:\/(tokens|url_configurations)\/(\d+))?$/;

/** The object that a request deleted or revoked; undefined for every other request. */
export function deletedBy({ method, path, apiStatus }: RecordedRequest): string | undefined {
  const [, agentId, children, id] = PATH.exec(path) ?? [];
  if (method !== "DELETE" || apiStatus !== 204 || agentId === undefined) return undefined;
  if (children === undefined) return keyOf("agent", Number(agentId));
  return keyOf(children === "tokens" ? "token" : "config", Number(id));
}

import { startSimulator, type FaultRule, type Simulator } from "pulumi-gitlab-agent/simulator";
import type { Attach } from "./bothDoors";
import { withWatchedStack } from "./canary";
import { AgentToken, ClusterAgent } from "./declared";
import type { EngineStack } from "./engine";
import { EngineFailure } from "./engineRun";
import { resourcesIn, type InStateFile } from "./stateFile";

/** Every kind of fault that a network or a busy GitLab can cause. */
const KINDS: readonly Omit<FaultRule, "probability" | "seed">[] = [
  { kind: "refuse" },
  { kind: "dropBefore" },
  { kind: "commitThenDrop" },
  { kind: "commitThenStatus", status: 500 },
  { kind: "commitThenStatus", status: 502 },
  { kind: "commitThenStatus", status: 504 },
  { kind: "status", status: 500 },
  { kind: "status", status: 503 },
  { kind: "cutBody" },
  { kind: "unparsable" },
  { kind: "html" },
  { kind: "html", commit: true },
  // Longer than the clients of these tests wait for a response.
  { kind: "delayBefore", delay: 4000 },
  { kind: "delayAfter", delay: 4000 },
  { kind: "rateLimit", headers: false },
];

/** Longer than the longest delay of a request in this GitLab, ms. */
const LATEST = 4500;

/** The maximal number of updates; a person would stop earlier. */
const MOST_UPDATES = 8;

/** The result of {@link chaos}. */
export interface ChaosReport {
  seed: number;
  requests: number;
  /** The number of requests with a fault. */
  faults: number;
}

export interface ChaosOptions {
  /** The seed of the faults. */
  seed: number;
  /** Default 50. */
  agents?: number;
  /** The share of requests with a fault. Default 0.3. */
  share?: number;
  /** Makes the stack use a plugin of this process, if it does. */
  attach?: Attach;
}

/**
 * Runs up, refresh and destroy for agents with two tokens each on a GitLab where any request may get any fault. In each case the
 * active tokens are those of the state, there is one agent of each name, and nothing is left after destroy. An object that GitLab
 * creates after the request timed out may be somebody else's, so the update names it and does not touch it. Then this removes the
 * named objects, like a person, and runs a failed update again.
 *
 * @throws Error with the seed and what was lost or left
 */
export async function chaos({ seed, agents = 50, share = 0.3, attach }: ChaosOptions): Promise<ChaosReport> {
  const simulator = await startSimulator();
  try {
    addFaults(simulator, seed, share);
    const config = {
      "gitlab:baseUrl": simulator.url,
      "gitlab:token": { value: simulator.tokens["maintainer"] ?? "", secret: true },
      // A response after this limit is lost; on a busy machine a lower limit would lose all of them.
      "gitlab:requestTimeout": "3",
      "gitlab:maxRetries": "20",
      "gitlab:maxConcurrency": "64",
    };
    const secrets = () => ({
      credential: simulator.tokens["maintainer"] ?? "",
      ...Object.fromEntries(simulator.state.tokens.map(({ id, secret }) => [`token ${id}`, secret])),
    });
    await withWatchedStack({ program: () => program(agents), config }, secrets, async (stack) => {
      await attach?.(stack);
      await upUntilWhole(simulator, stack);
      await check(simulator, stack, agents);
      await despiteWebPages(() => stack.refresh({ parallel: 64, expectNoChanges: true }));
      await check(simulator, stack, agents);
      await despiteWebPages(() => stack.destroy({ parallel: 64 }));
      const left = [...simulator.state.agents, ...simulator.state.activeTokens()];
      if (left.length > 0) throw new Error(`left after destroy: ${JSON.stringify(left)}`);
    });
    const faults = simulator.requests.filter(({ fault }) => fault !== undefined).length;
    return { seed, requests: simulator.requests.length, faults };
  } catch (error) {
    throw new Error(`chaos from seed ${seed}: ${(error as Error).message}`, { cause: error });
  } finally {
    await simulator.close();
  }
}

/** Two web pages in a row end a request on purpose (GLA3014), and some pairs of faults are that: the command is run again. */
async function despiteWebPages(run: () => Promise<unknown>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await run();
      return;
    } catch (error) {
      const byPages = error instanceof EngineFailure && error.run.output.includes("GLA3014");
      if (!byPages || tries === MOST_UPDATES) throw error;
    }
  }
}

/** Runs the update and removes by hand what it names, until it succeeds and nothing is left. */
async function upUntilWhole(simulator: Simulator, stack: EngineStack): Promise<void> {
  for (let tries = 1; ; tries++) {
    const run = await stack.up({ parallel: 64, continueOnError: true }).catch((error: unknown) => {
      if (error instanceof EngineFailure && tries < MOST_UPDATES) return error.run;
      throw error;
    });
    // GitLab may still carry out requests that timed out.
    await new Promise((resolve) => setTimeout(resolve, LATEST));
    removeNamed(simulator, resourcesIn(stack), run.output);
    if (run.outputs["agent-0"] !== undefined) return;
  }
}

/** Removes the agents and tokens that no resource has. @throws Error if the update did not name one */
function removeNamed(simulator: Simulator, resources: InStateFile[], output: string): void {
  const has = (key: "agentId" | "tokenId", id: number) => resources.some(({ outputs }) => outputs?.[key] === id);
  const { state } = simulator;
  for (const { id, agentId } of state.activeTokens().filter((token) => !has("tokenId", token.id))) {
    const named = output.includes(`token ${id} "`) || output.includes(`If agent ${agentId} has another active token`);
    if (has("agentId", agentId) && !named) throw new Error(`no word of token ${id} of agent ${agentId}`);
    state.revokeToken(id);
  }
  for (const { id, name } of state.agents.filter((agent) => !has("agentId", agent.id))) {
    const named = output.includes(`import: "group/app:${id}"`) || output.includes(`may have an agent "${name}"`);
    if (!named) throw new Error(`no word of agent ${id}`);
    state.deleteAgent(id);
  }
}

function program(agents: number): Promise<Record<string, unknown>> {
  const tokens: Record<string, unknown> = {};
  for (let at = 0; at < agents; at++) {
    const agent = new ClusterAgent(`agent-${at}`, { project: "group/app" });
    // Both have the same name, and must not be confused.
    const of = (slot: number) =>
      new AgentToken(`agent-${at}-${slot}`, { project: agent.project, agentId: agent.agentId, name: "token" }).token;
    tokens[`agent-${at}`] = [of(1), of(2)];
  }
  return Promise.resolve(tokens);
}

/** Rules are tried one after another, so each probability takes the earlier rules into account. */
function addFaults(simulator: Simulator, seed: number, share: number): void {
  const each = share / KINDS.length;
  KINDS.forEach((kind, at) =>
    simulator.faults.add({ ...kind, times: Infinity, probability: each / (1 - at * each), seed: seed * 1000 + at }),
  );
}

async function check(simulator: Simulator, stack: EngineStack, agents: number): Promise<void> {
  const inHand = Object.values(await stack.outputs()).flatMap(({ value }) => value as string[]);
  const active = simulator.state.activeTokens().map(({ secret }) => secret);
  const names = simulator.state.agents.map(({ name }) => name);
  const lost = inHand.filter((secret) => !active.includes(secret)).length;
  const orphans = simulator.state.activeTokens().filter(({ secret }) => !inHand.includes(secret));
  if (inHand.length !== 2 * agents || lost > 0 || orphans.length > 0) {
    const what = orphans.map(({ id, agentId }) => `token ${id} of agent ${agentId}`).join(", ");
    throw new Error(`${inHand.length} tokens in hand, ${lost} of them not active; orphans: ${what || "none"}`);
  }
  if (names.length !== agents || new Set(names).size !== agents) throw new Error(`agents: ${names.sort().join(", ")}`);
}

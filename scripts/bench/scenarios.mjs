import { performance } from "node:perf_hooks";
import { SetupError } from "../setup/say.mjs";
import { tail } from "../setup/run.mjs";
import { Project } from "./project.mjs";

/** The programs by the names of their files. */
export const PROGRAMS = ["ours", "native", "plain", "floor"];
export const OPERATIONS = ["up", "preview", "refresh", "destroy"];

/** GitLab's rate limit counts requests in fixed minutes. */
const MINUTE = 60;
/** How often an operation of the rate-limited scenario is tried. */
const ATTEMPTS = 3;

/**
 * The cases of the grid, in the order in which they run: cases to compare run one after another, so that other load
 * on the machine affects them equally. The floor sends no request, so it has no latency.
 */
export function gridCases({ sizes, latencies, repetitions }) {
  const most = Math.max(...sizes.map(repetitions));
  return Array.from({ length: most }, (_, repetition) => repetition).flatMap((repetition) =>
    sizes
      .filter((size) => repetition < repetitions(size))
      .flatMap((size) =>
        latencies.flatMap((latency, at) =>
          PROGRAMS.filter((program) => program !== "floor" || at === 0).map((program) => ({
            scenario: "grid",
            program,
            size,
            latency: program === "floor" ? 0 : latency,
            repetition,
          })),
        ),
      ),
  );
}

/** The cases of one resource, which cost little more than the start of the engine, the program and the provider. */
export function startCases(repetitions) {
  return Array.from({ length: repetitions }, (_, repetition) => repetition).flatMap((repetition) =>
    PROGRAMS.map((program) => ({ scenario: "start", program, size: 1, latency: 0, repetition })),
  );
}

/** Runs all four operations of one case, and passes a row for each to `add` as soon as it is measured. */
export async function runCase(
  { scenario, program, size, latency, repetition, tokens = false },
  { simulator, env, add },
) {
  simulator.reset();
  simulator.state.settings.latency = latency;
  const agents = tokens ? size / 2 : size;
  const project = new Project({ program, agents, tokens, simulator, env });
  const rows = [];
  try {
    await project.open();
    for (const operation of OPERATIONS) {
      const { ok, output, ...measured } = await project.measure(operation);
      if (!ok) throw new SetupError(`pulumi ${operation} of ${size} resources (${program}) failed:\n${tail(output)}`);
      const row = { scenario, program, size, latency, repetition, operation, ...measured };
      rows.push(row);
      await add([row]);
    }
    const left = simulator.state.agents.length;
    if (left > 0) throw new SetupError(`${left} agents are left after destroy (${program}, ${size} resources)`);
  } finally {
    project.close();
  }
  return rows;
}

/**
 * A GitLab that answers 429 beyond so many requests a minute: `up` and `refresh`, each begun with a new minute. What fails
 * is run again when the next minute begins, like a patient user. Returns a row for each operation: the attempts, whether
 * it finished, and the seconds until then, including waits.
 */
export async function runRateLimited({ program, size, limit }, { simulator, env }) {
  const project = new Project({ program, agents: size, simulator, env });
  const rows = [];
  try {
    await project.open();
    for (const operation of ["up", "refresh"]) {
      await nextMinute();
      const since = performance.now();
      const before = simulator.requests.length;
      let attempts = 0;
      let ok = false;
      while (!ok && attempts < ATTEMPTS) {
        if (attempts > 0) await nextMinute();
        attempts += 1;
        ({ ok } = await project.measure(operation));
      }
      const seconds = Math.round((performance.now() - since) / 100) / 10;
      const sent = simulator.requests.slice(before);
      const refused = sent.filter(({ status }) => status === 429).length;
      const done = operation === "up" ? simulator.state.agents.length : undefined;
      rows.push({
        scenario: "rateLimited",
        program,
        size,
        limit,
        operation,
        attempts,
        ok,
        seconds,
        requests: sent.length,
        refused,
        done,
      });
    }
  } finally {
    project.close();
  }
  return rows;
}

function nextMinute() {
  const now = Date.now() / 1000;
  return new Promise((resolve) => setTimeout(resolve, (MINUTE - (now % MINUTE) + 0.05) * 1000));
}

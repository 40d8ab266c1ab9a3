import { type Model } from "./model";

/** The seeds, and the number of steps of each. */
export interface Plan {
  /** The name of the test's file, which `make model TABLE=` takes. */
  table: "functions" | "engine";
  seeds: number[];
  steps: number;
  /** Whether to show all steps of the seed. */
  aloud: boolean;
}

/**
 * Reads the plan from the environment. `make model` sets MODEL_SEEDS and MODEL_STEPS, and quick tables run `times` as many. SEED
 * and STEP repeat one seed up to that step, and show all that happened. Without them the run is short, for `make test`.
 */
export function seedsOf(table: Plan["table"], short: { seeds: number; steps: number }, times = 1): Plan {
  const { MODEL_SEEDS, MODEL_STEPS, SEED, STEP } = process.env;
  const number = (text: string | undefined, otherwise: number) => (text ? Number(text) * times : otherwise);
  const count = number(MODEL_SEEDS, short.seeds);
  return {
    table,
    seeds: SEED ? [Number(SEED)] : Array.from({ length: count }, (_, at) => at + 1),
    steps: STEP ? Number(STEP) : number(MODEL_STEPS, short.steps),
    aloud: Boolean(STEP),
  };
}

/** Runs the steps of one seed. @throws Error with seed and step, and what happened in the last steps */
export async function runSeed({ table, steps, aloud }: Plan, model: Model, seed: number): Promise<void> {
  try {
    while (model.stepNumber < steps) await model.step();
  } catch (error) {
    const story = model.trace.split(/^(?==== step|== step )/m);
    const last = story.slice(aloud ? 0 : -2).join("");
    // Printed at once, since jest shows output only after all seeds.
    process.stdout.write(`seed ${seed}, step ${model.stepNumber}: ${(error as Error).message}\n`);
    const how = `run it again by: make model TABLE=${table} SEED=${seed} STEP=${model.stepNumber}`;
    throw new Error(`seed ${seed}, step ${model.stepNumber}: ${(error as Error).message}\n${how}\n${last}`, {
      cause: error,
    });
  }
}

/** Prints one line with the counts of a seed. */
export function printCounts(what: string, model: Model): void {
  const counts = Object.entries(model.counts).map(([name, count]) => `${count} ${name}`);
  process.stdout.write(`${what}: ${model.stepNumber} steps; ${counts.join(", ")}\n`);
}

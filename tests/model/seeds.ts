import { type Model } from "./model";

/** Which seeds are run, and how many steps of each. */
export interface Plan {
  /** The name of the test's file, which `make model TABLE=` takes. */
  table: "functions" | "engine";
  seeds: number[];
  steps: number;
  /** Shows the whole story of the seed. */
  aloud: boolean;
}

/**
 * What to run. `make model` sets MODEL_SEEDS and MODEL_STEPS, of which a quick table does `times` as many each. SEED and STEP run one
 * seed again, up to that step, and show all that happened. Without them it is as short as `make test` needs it.
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

/** Runs the steps of one seed. @throws Error that names seed and step, with what happened in the last steps */
export async function again({ table, steps, aloud }: Plan, model: Model, seed: number): Promise<void> {
  try {
    while (model.stepNumber < steps) await model.step();
  } catch (error) {
    const story = model.trace.split(/^(?==== step|== step )/m);
    const last = story.slice(aloud ? 0 : -2).join("");
    // Printed at once: jest shows output only after all seeds.
    process.stdout.write(`seed ${seed}, step ${model.stepNumber}: ${(error as Error).message}\n`);
    const how = `run it again by: make model TABLE=${table} SEED=${seed} STEP=${model.stepNumber}`;
    throw new Error(`seed ${seed}, step ${model.stepNumber}: ${(error as Error).message}\n${how}\n${last}`, {
      cause: error,
    });
  }
}

/** Says on one line what a seed went through. */
export function tell(what: string, model: Model): void {
  const counts = Object.entries(model.counts).map(([name, count]) => `${count} ${name}`);
  process.stdout.write(`${what}: ${model.stepNumber} steps; ${counts.join(", ")}\n`);
}

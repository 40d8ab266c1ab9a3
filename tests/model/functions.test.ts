import { Chance } from "./chance";
import { ModelClock } from "./clock";
import { Model } from "./model";
import { ProviderProcess } from "./providerProcess";
import { runSeed, seedsOf, printCounts, type Plan } from "./seeds";
import { StandIn } from "./standIn";
import { World } from "./world";

/**
 * The rules on the provider's functions only: with a stand-in for the engine, the simulator over HTTP, and the model's own clock,
 * so that a seed always gives the same run.
 */
const plan: Plan = seedsOf("functions", { seeds: 10, steps: 30 }, 5);

test.each(plan.seeds)("the provider's functions, seed %i", async (seed) => {
  const clock = new ModelClock();
  const chance = new Chance(seed);
  const jitter = new Chance(seed + 1_000_000);
  const world = await World.start(clock);
  const settings = {
    "gitlab:baseUrl": world.simulator.url,
    "gitlab:token": world.simulator.tokens["maintainer"] ?? "",
    "gitlab:maxRetries": "4",
  };
  const start = (say: (line: string) => void) =>
    new ProviderProcess(
      {
        now: clock.now,
        sleep: clock.sleep,
        random: () => jitter.below(1000) / 1000,
        info: say,
        warn: (line: string) => say(`warning: ${line}`),
      },
      settings,
    );
  const weights = { faults: 0.5, meanwhile: 0.2, kills: 0.1, settleEvery: 10, late: true };
  const model = new Model(world, new StandIn(start), chance, weights);
  try {
    await runSeed(plan, model, seed);
    printCounts(`model, functions, seed ${seed}`, model);
  } finally {
    await world.close();
  }
});

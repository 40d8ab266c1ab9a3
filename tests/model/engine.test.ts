import { withWatchedStack } from "../support/canary";
import { Chance } from "./chance";
import { Model } from "./model";
import { Pulumi } from "./pulumi";
import { runSeed, seedsOf, printCounts, type Plan } from "./seeds";
import { World } from "./world";

/** The same rules on the real engine: in parallel, with real processes that are killed, and with the files of a real stack. */
const plan: Plan = seedsOf("engine", { seeds: 2, steps: 4 });

test.each(plan.seeds)(
  "the real engine, seed %i",
  async (seed) => {
    const world = await World.start();
    const config = {
      "gitlab:baseUrl": world.simulator.url,
      "gitlab:token": { value: world.simulator.tokens["maintainer"] ?? "", secret: true },
      "gitlab:maxRetries": "4",
    };
    try {
      await withWatchedStack(
        { config },
        () => world.secrets(),
        async (stack) => {
          const weights = { faults: 0.4, meanwhile: 0.2, kills: 0.15, settleEvery: 4, late: false };
          const model = new Model(world, new Pulumi(stack, world), new Chance(seed), weights);
          await runSeed(plan, model, seed);
          printCounts(`model, real engine, seed ${seed}`, model);
        },
      );
    } finally {
      await world.close();
    }
  },
  1_800_000,
);

"use strict";

const Sequencer = require("@jest/test-sequencer").default;

/**
 * On a fresh clone jest knows no durations and begins with the largest files. What takes longest is short there, and would be left
 * for one worker at the end, so it comes first: the tables of both doors, installations and the site, then whatever runs the engine.
 */
module.exports = class LongestFirst extends Sequencer {
  async sort(tests) {
    const sorted = await super.sort(tests);
    if (sorted.some(({ duration }) => duration !== undefined)) return sorted;
    const rank = (file) =>
      [
        /plugin.tables|engine.(chaos|packed|packageManagers)|docs.site/,
        /engine.(killed|kubernetes|errors|languageHost|import)|model|tooling.(types|demo)/,
        /engine|plugin|tokenCreation/,
        /examples|docs|tooling|conformance/,
      ].findIndex((long) => long.test(file));
    const place = (file) => (rank(file) < 0 ? Infinity : rank(file));
    const keys = new Map(sorted.map((test) => [test, place(test.path.slice(test.context.config.rootDir.length))]));
    // Stable, so that the order within a rank stays jest's own; Infinity - Infinity is no order.
    return sorted.sort((one, other) => (keys.get(one) === keys.get(other) ? 0 : keys.get(one) - keys.get(other)));
  }
};

"use strict";

const { availableParallelism } = require("node:os");

/** @type {import("jest").Config} */
module.exports = {
  testEnvironment: "<rootDir>/tests/support/environment.ts",
  roots: ["<rootDir>/tests"],
  testMatch: ["**/*.test.ts"],
  transform: { "^.+\\.ts$": ["ts-jest", { tsconfig: "<rootDir>/tsconfig.json" }] },
  // Tests speak to the sources under the package's public names; the engine's own processes load dist/.
  moduleNameMapper: {
    "^pulumi-gitlab-agent$": "<rootDir>/sdk/index.ts",
    "^pulumi-gitlab-agent/(provider|simulator)$": "<rootDir>/$1/index.ts",
    "^pulumi-gitlab-agent/kubernetes$": "<rootDir>/sdk/kubernetes/index.ts",
    // Most tests load Pulumi's SDK, and hardly any use what it loads these for.
    "^@npmcli/arborist$": "<rootDir>/tests/support/lazyArborist.cjs",
    "^typescript$": "<rootDir>/tests/support/lazyTypescript.cjs",
    "^\\./createClosure$": "<rootDir>/tests/support/lazyClosure.cjs",
    "^form-data$": "<rootDir>/tests/support/lazyForm.cjs",
  },
  testSequencer: "<rootDir>/tests/support/sequencer.js",
  globalSetup: "<rootDir>/tests/support/globalSetup.ts",
  globalTeardown: "<rootDir>/tests/support/globalTeardown.ts",
  // Tests of the engine wait for an eighth of their time. More workers would make limits of requests, which are held to the clock,
  // pass too early.
  maxWorkers: availableParallelism() + 1,
  // An engine call has a limit of its own (tests/support/engine.ts) that tells more than jest's would.
  testTimeout: 300_000,
  // An engine that was killed leaves the Automation API's server of the inline program open; nothing else ends it.
  forceExit: true,
};

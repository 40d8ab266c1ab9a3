"use strict";

const base = require("../../jest.config.js");

/** The tests of `make test-cluster`: one worker, since they share a cluster; not part of `make test`. */
module.exports = {
  ...base,
  rootDir: "../..",
  roots: ["<rootDir>/tests/cluster"],
  testMatch: ["**/*.cluster.ts"],
  maxWorkers: 1,
  testTimeout: 1_800_000,
};

"use strict";

const { readFileSync, readdirSync } = require("node:fs");
const { availableParallelism } = require("node:os");
const path = require("node:path");
const whole = require("../jest.config.js");

// `make quick`: what starts no engine, no browser, no compiler, no linter, no client of another language, and each table once: not
// through the native plugin again. A test file says so by what it uses.
const SLOW = [
  /\bwith(Stack|Project|WatchedStack|Browser)\b/,
  /describeClient|testWith|scripts\/setup|node_modules\/jest\/|callThrough/,
  /\b(createProgram|compiler|typedoc|ESLint)\b/,
];

const files = readdirSync(__dirname, { recursive: true })
  .filter((file) => file.endsWith(".test.ts"))
  .filter((file) => {
    const text = readFileSync(path.join(__dirname, file), "utf8");
    return !/^(engine|model|examples|plugin)\b/.test(file) && !SLOW.some((use) => use.test(text));
  });

/** @type {import("jest").Config} */
module.exports = {
  ...whole,
  rootDir: "..",
  globals: { withoutEngine: true },
  // These tests wait for half of their time: for limits, retries and child processes.
  maxWorkers: 2 * availableParallelism(),
  testMatch: files.map((file) => `<rootDir>/tests/${file.split(path.sep).join("/")}`),
};

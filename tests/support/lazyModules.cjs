"use strict";

// Loaded into every Node.js process of the engine by NODE_OPTIONS (newStack.ts): see lazyModule.cjs.
const Module = require("node:module");
const path = require("node:path");
const lazyModule = require("./lazyModule.cjs");

const sdk = path.join("node_modules", "@pulumi", "pulumi") + path.sep;
const names = ["@npmcli/arborist", "typescript", "semver", "js-yaml", "upath", "execa", "normalize-package-data"];
const load = Module._load;

Module._load = function (name, parent, isMain) {
  if (!names.includes(name) || !parent?.filename?.includes(sdk)) return load.call(this, name, parent, isMain);
  // What is not there is still an error at once: the SDK has a TypeScript of its own for that case.
  Module._resolveFilename(name, parent, isMain);
  return lazyModule(() => load.call(this, name, parent, isMain));
};

"use strict";

// Loaded into every Node.js process of the engine by NODE_OPTIONS (newStack.ts): see lazyModule.cjs.
const Module = require("node:module");
const path = require("node:path");
const lazyModule = require("./lazyModule.cjs");

const within = (name) => path.join("node_modules", name) + path.sep;
const LAZY = [
  {
    parent: within(path.join("@pulumi", "pulumi")),
    names: [
      "@npmcli/arborist",
      "typescript",
      "semver",
      "js-yaml",
      "upath",
      "execa",
      "normalize-package-data",
      "@opentelemetry/api",
    ],
  },
  // The Automation API, which programs and providers do not use, and the serialization of functions, which goes through all of
  // Node.js's globals when it is loaded, and thereby loads most of them.
  { parent: within(path.join("@pulumi", "pulumi")), names: ["./automation", "./createClosure"] },
  // Forms, which no request of ours sends.
  { parent: within("axios"), names: ["form-data"] },
];
const load = Module._load;

Module._load = function (name, parent, isMain) {
  const isLazy = LAZY.some((lazy) => lazy.names.includes(name) && parent?.filename?.includes(lazy.parent));
  if (!isLazy) return load.call(this, name, parent, isMain);
  // What is not there is still an error at once: the SDK has a TypeScript of its own for that case.
  Module._resolveFilename(name, parent, isMain);
  return lazyModule(() => load.call(this, name, parent, isMain));
};

"use strict";

// In place of the serialization of functions of Pulumi's SDK inside jest: see lazyModule.cjs.
module.exports = require("./lazyModule.cjs")(() =>
  require("../../node_modules/@pulumi/pulumi/runtime/closure/createClosure.js"),
);

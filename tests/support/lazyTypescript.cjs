"use strict";

// In place of typescript inside jest: see lazyModule.cjs.
module.exports = require("./lazyModule.cjs")(() => require("../../node_modules/typescript/lib/typescript.js"));

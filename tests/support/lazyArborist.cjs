"use strict";

// In place of @npmcli/arborist inside jest: see lazyModule.cjs.
module.exports = require("./lazyModule.cjs")(() => require("../../node_modules/@npmcli/arborist/lib/index.js"));

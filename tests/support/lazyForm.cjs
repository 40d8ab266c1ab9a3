"use strict";

// In place of form-data inside jest: see lazyModule.cjs.
module.exports = require("./lazyModule.cjs")(() => require("../../node_modules/form-data/lib/form_data.js"));

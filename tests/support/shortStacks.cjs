"use strict";

// Jest keeps a hundred frames of each stack and translates them by source maps. Pulumi's SDK takes the stack of each of its promises,
// which is half of the time of some test files. Ten frames, Node.js's own limit, tell enough of a failure.
Error.stackTraceLimit = 10;

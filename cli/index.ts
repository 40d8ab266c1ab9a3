#!/usr/bin/env node
import { run } from "./program";

void run(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
  // After a failure, other requests of the command may still wait for a retry. Their responses are not needed.
  // The empty writes end when all output has been read.
  process.stdout.write("", () => process.stderr.write("", () => process.exit(code)));
});

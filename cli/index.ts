#!/usr/bin/env node
import { run } from "./program";

void run(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
  // After a failure, requests of the same command may still be waiting for their next try: nobody wants their responses.
  // The empty writes end when all output has reached its reader.
  process.stdout.write("", () => process.stderr.write("", () => process.exit(code)));
});

#!/usr/bin/env node
import { Command } from "commander";

import { simulatorCommand } from "./command";

const command = new Command("simulator").configureOutput({
  outputError: (text, write) => write(text.replace(/^error: /, "usage error: ")),
});

simulatorCommand(command)
  .parseAsync()
  .catch((error: unknown) => {
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });

#!/usr/bin/env node
import { Command } from "commander";

import { simulatorCommand } from "./command";

simulatorCommand(new Command("simulator"))
  .parseAsync()
  .catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });

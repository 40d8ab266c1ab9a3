import { readFileSync, watch } from "node:fs";
import { basename, dirname } from "node:path";

import { parseFaultRules } from "./faultRule";
import type { Simulator } from "./server";

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EISDIR: "it is a folder, not a file",
  EACCES: "this user may not read it",
};

/** The text of a file given by a flag. @throws Error that says why it cannot be read */
export function readNamedFile(flag: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    throw new Error(`${flag} ${file}: ${REASONS[code] ?? message}.`);
  }
}

/** @returns whether the file contains rules; a file that is being written is empty for a moment */
export function loadFaults(simulator: Simulator, file: string): boolean {
  const text = readNamedFile("--faults", file);
  if (text.trim() === "") return false;
  let rules;
  try {
    rules = parseFaultRules(text);
  } catch (error) {
    throw new Error(`--faults ${file}: ${(error as Error).message}`);
  }
  simulator.faults.clear();
  for (const rule of rules) simulator.faults.add(rule);
  return true;
}

/** Watches the folder, since editors replace a file instead of writing into it. */
export function watchFaults(simulator: Simulator, file: string): { close(): void } {
  return watch(dirname(file), (_, name) => {
    if (name !== null && name !== basename(file)) return;
    try {
      if (loadFaults(simulator, file)) {
        process.stderr.write(`${file}: fault rules replaced, now ${simulator.faults.list().length}\n`);
      }
    } catch (error) {
      const reason = (error as Error).message.replace(`--faults ${file}: `, "");
      process.stderr.write(`${file}: the rules did not change: ${reason}\n`);
    }
  });
}

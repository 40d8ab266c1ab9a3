import { rmSync } from "node:fs";
import { NEW_STACKS } from "./newStack";

/** After all tests: removes what globalSetup.ts created. */
export default function globalTeardown(): void {
  const folder = process.env[NEW_STACKS];
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
}

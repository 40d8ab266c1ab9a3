import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { repository } from "./repository";
import { NEW_STACKS } from "./newStack";

/** Tools that tests may need and set-up cannot install, by their names in `make doctor`. */
export type ToolName = "Chromium" | "bash" | "curl" | "jq" | "make";

interface Tool {
  name: string;
  path?: string;
  missing?: string;
  install: string;
}

/** The file of an installed tool. @throws Error if it is missing */
export function toolPath(name: ToolName): string {
  const tool = found(name);
  if (tool.path === undefined) throw new Error(`${name} is missing: ${tool.missing}. To get it: ${tool.install}`);
  return tool.path;
}

/**
 * Declares tests that need tools. Where one is missing, each test fails in CI and is skipped elsewhere, with what is missing and how
 * to get it in its name.
 *
 * @example testWith("jq")("its commands print what it shows", async () => { … });
 */
export function testWith(...names: ToolName[]): (title: string, act: () => Promise<void>) => void {
  return (title, act) => {
    const missing = names.map(found).filter((tool) => tool.missing !== undefined);
    if (missing.length === 0) return test(title, act);
    const why = missing.map(({ name, install }) => `needs ${name}: ${install}`).join("; ");
    if (!process.env["CI"]) return test.skip(`${title} [${why}]`, act);
    test(title, () => {
      throw new Error(`CI has to run every test, and this one ${why}`);
    });
  };
}

let tools: Tool[] | undefined;

function found(name: ToolName): Tool {
  const tool = (tools ??= look()).find((each) => each.name === name);
  if (tool === undefined) throw new Error(`make doctor does not look for ${name}`);
  return tool;
}

// Checked once for all files of a run.
function look(): Tool[] {
  const folder = process.env[NEW_STACKS];
  const file = folder === undefined ? undefined : path.join(folder, "tools.json");
  if (file !== undefined && existsSync(file)) return JSON.parse(readFileSync(file, "utf8")) as Tool[];
  const printed = execFileSync("sh", ["scripts/with-node.sh", "node", "scripts/doctor.mjs", "--json"], {
    cwd: repository,
    encoding: "utf8",
  });
  if (file !== undefined) writeFileSync(file, printed);
  return JSON.parse(printed) as Tool[];
}

import { execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { NEW_STACKS } from "./newStack";
import { startVault } from "./vault";

/**
 * Runs `make setup` before all tests, so that `npx jest <file>` works without it. It builds dist/, which the engine's processes
 * load, and puts the Node.js and the Pulumi CLI of set-up on PATH. It removes the shell's variables for GitLab and Pulumi, so that
 * no test depends on them.
 */
export default async function globalSetup(
  _: unknown,
  { globals }: { globals: Record<string, unknown> },
): Promise<void> {
  // `make quick` needs no Pulumi CLI, whose installation takes minutes.
  const script =
    globals["withoutEngine"] === true
      ? `sh scripts/with-node.sh sh -c 'node scripts/setup.mjs --build >&2 && printf %s "$PATH"'`
      : 'lines="$(sh scripts/with-node.sh node scripts/setup.mjs --env)" && eval "$lines" && printf %s "$PATH"';
  const repository = path.resolve(__dirname, "../..");
  process.env["PATH"] = execFileSync("sh", ["-c", script], {
    cwd: repository,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  // Every engine operation starts two or three processes that load Pulumi's SDK, some 750 modules each. Node.js keeps them compiled
  // in this folder, which shortens each start by a quarter. It keeps them by their paths, so it is of no use to another clone.
  process.env["NODE_COMPILE_CACHE"] ??= path.join(repository, "node_modules/.cache/compiled");
  // Python too: set-up compiles no packages, which takes each process that loads Pulumi's SDK half a second.
  process.env["PYTHONPYCACHEPREFIX"] ??= path.join(repository, "node_modules/.cache/compiled-python");
  delete process.env["PYTHONDONTWRITEBYTECODE"];
  for (const name of Object.keys(process.env)) {
    if (/^(GITLAB_|CI_API_|PULUMI_|(HTTPS?|NO|ALL)_PROXY$)/i.test(name)) delete process.env[name];
  }
  if (globals["withoutEngine"] !== true) await startVault();
  process.env[NEW_STACKS] = mkdtempSync(path.join(tmpdir(), "pulumi-gitlab-agent-new-stacks-"));
}

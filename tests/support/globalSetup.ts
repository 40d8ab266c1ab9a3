import { execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import * as path from "node:path";
import { NEW_STACKS } from "./newStack";
import { startVault } from "./vault";

/**
 * Before any test: what `make setup` does, so that `npx jest <file>` works by itself. It builds dist/, which the engine's
 * own processes load, and puts the Node.js and the Pulumi CLI of set-up on PATH for all tests. What the caller's shell
 * says about GitLab and Pulumi is removed, so that no test depends on it.
 */
export default async function globalSetup(
  _: unknown,
  { globals }: { globals: Record<string, unknown> },
): Promise<void> {
  // `make quick` needs no Pulumi CLI, which takes minutes to bring.
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
  // Every engine operation starts two or three processes that load Pulumi's SDK, some 750 modules each: Node.js keeps them
  // compiled here, which takes a quarter off each start.
  const cache = process.env["XDG_CACHE_HOME"] || path.join(homedir(), ".cache");
  process.env["NODE_COMPILE_CACHE"] ??= path.join(cache, "pulumi-gitlab-agent/compiled");
  for (const name of Object.keys(process.env)) {
    if (/^(GITLAB_|CI_API_|PULUMI_|(HTTPS?|NO|ALL)_PROXY$)/i.test(name)) delete process.env[name];
  }
  if (globals["withoutEngine"] !== true) await startVault();
  process.env[NEW_STACKS] = mkdtempSync(path.join(tmpdir(), "pulumi-gitlab-agent-new-stacks-"));
}

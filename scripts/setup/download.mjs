import { existsSync, mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { moveIntoPlace, repository } from "./cache.mjs";
import { run, tail } from "./run.mjs";
import { say } from "./say.mjs";

const site = "https://get.pulumi.com/install.sh";

/**
 * Installs the official CLI by the Automation API's own installer into `place`. Returns undefined, or one line that
 * says why that failed.
 */
export async function downloadPulumi(version, place) {
  // For networks in which a download of this size is not wanted, or the site cannot be reached.
  if (process.env.PULUMI_GITLAB_AGENT_DOWNLOAD === "off")
    return "download: switched off by PULUMI_GITLAB_AGENT_DOWNLOAD";
  say(`asking ${site} for the Pulumi CLI ${version}`);
  const refused = await probe();
  if (refused) return `download: ${refused}`;
  const folder = `${place}.new-${process.pid}`;
  mkdirSync(folder, { recursive: true });
  try {
    // Runs in a new process, since the installer itself can be neither limited nor stopped.
    const script = `
      const { PulumiCommand } = require("@pulumi/pulumi/automation");
      const { SemVer } = require("semver");
      PulumiCommand.install({ version: new SemVer(${JSON.stringify(version)}), root: ${JSON.stringify(folder)} })
        .catch((error) => { console.error(error.message); process.exit(1); });`;
    const { code, output, timedOut } = await run(process.execPath, ["-e", script], {
      what: `downloading the Pulumi CLI ${version} (300 MB, at most 10 minutes)`,
      limit: 600,
      cwd: repository,
      env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" },
    });
    if (timedOut) return "download: not done after 10 minutes, given up";
    if (code !== 0) return `download: the installer failed: ${tail(output, 3).replace(/\s+/g, " ")}`;
    if (!existsSync(path.join(folder, "bin/pulumi"))) return "download: the installer left no pulumi behind";
    moveIntoPlace(folder, place);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function probe() {
  try {
    const response = await fetch(site, { method: "HEAD", redirect: "follow", signal: AbortSignal.timeout(8000) });
    return response.ok ? undefined : `${site} answers ${response.status}`;
  } catch (error) {
    const why = error.name === "TimeoutError" ? "no answer in 8 seconds" : (error.cause?.message ?? error.message);
    return `${site} cannot be reached (${why})`;
  }
}

// Installations on a real Kubernetes: etcd, API server and controllers on loopback, real Helm, Pulumi's real Kubernetes provider.
// Not part of `make test`, since the first run spends minutes on builds. The last line is always "N passed, N failed".
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { buildPackage } from "./build.mjs";
import { repository } from "./setup/cache.mjs";
import { provideCluster } from "./setup/cluster.mjs";
import { installDependencies } from "./setup/dependencies.mjs";
import { environment } from "./setup/environment.mjs";
import { providePulumi } from "./setup/pulumi.mjs";
import { say, SetupError } from "./setup/say.mjs";

const count = { passed: 0, failed: 0 };
const folder = mkdtempSync(path.join(tmpdir(), "pulumi-gitlab-agent-cluster-"));

async function timed(name, act) {
  const since = Date.now();
  console.log(`== ${name}`);
  const result = await act();
  console.log(`== ${name}: ${((Date.now() - since) / 1000).toFixed(0)} s\n`);
  return result;
}

function jest(env) {
  const report = path.join(folder, "report.json");
  const args = ["--config", "tests/cluster/jest.config.js", "--ci", "--json", `--outputFile=${report}`];
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ["node_modules/jest/bin/jest.js", ...args, ...process.argv.slice(2)], {
      cwd: repository,
      env,
      stdio: "inherit",
    });
    child.on("error", () => resolve({ code: 127 }));
    child.on("close", (code) => {
      try {
        resolve({ code, results: JSON.parse(readFileSync(report, "utf8")) });
      } catch {
        resolve({ code });
      }
    });
  });
}

try {
  let folders;
  const binaries = await timed("set-up", async () => {
    await installDependencies();
    folders = await providePulumi();
    if ((await buildPackage()) !== 0) throw new SetupError("the package does not build");
    process.env.PATH = environment(folders).PATH;
    return provideCluster();
  });
  const { code, results } = await timed("tests on the cluster", () =>
    jest({ ...environment(folders), CLUSTER_BINARIES: JSON.stringify(binaries) }),
  );
  count.passed += results?.numPassedTests ?? 0;
  count.failed += results ? results.numFailedTests + results.numRuntimeErrorTestSuites + results.numPendingTests : 1;
  if (code !== 0 && count.failed === 0) count.failed++;
} catch (error) {
  say(error instanceof SetupError ? error.message : error.stack);
  count.failed++;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = count.failed === 0 ? 0 : 1;
console.log(`${count.passed} passed, ${count.failed} failed`);

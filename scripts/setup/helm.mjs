import { existsSync, mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { cache, moveIntoPlace, withLock } from "./cache.mjs";
import { provideGo } from "./go.mjs";
import { run, tail } from "./run.mjs";

const version = "v3.20.2";

/**
 * Provides Helm, which renders the tests' chart (tests/kubernetes/chart): built from the Go registry, once. Returns `{ path }`, or
 * `{ missing }`: one line that says why it could not be built.
 *
 * @returns {Promise<{ path?: string, missing?: string }>}
 */
export async function provideHelm() {
  const place = path.join(cache, `helm-${version}`);
  const helm = path.join(place, "helm");
  if (existsSync(helm)) return { path: helm };
  const go = await provideGo({ bring: true });
  if (go.missing) return { missing: `Helm is built with Go. ${go.missing} (https://go.dev/dl/)` };
  return withLock("helm", async () => {
    if (existsSync(helm)) return { path: helm };
    const staged = `${place}.new-${process.pid}`;
    mkdirSync(staged, { recursive: true });
    try {
      const built = await run("go", ["install", "-v", `helm.sh/helm/v3/cmd/helm@${version}`], {
        what: `building Helm ${version} (one to two minutes, once)`,
        limit: 1800,
        env: goEnvironment({ GOBIN: staged }),
        progress: compiled,
      });
      if (built.code !== 0) {
        const why = built.timedOut ? "took more than 30 minutes" : `failed with exit code ${built.code}`;
        return { missing: `go install of Helm ${version} ${why}: ${tail(built.output, 3).replace(/\s+/g, " ")}` };
      }
      moveIntoPlace(staged, place);
      return { path: helm };
    } finally {
      rmSync(staged, { recursive: true, force: true });
    }
  });
}

/** Go's environment for our builds: no surrounding workspace, and a module cache that can be deleted like any folder. */
export function goEnvironment(extra = {}) {
  return {
    ...process.env,
    GOWORK: "off",
    GOFLAGS: `${process.env.GOFLAGS ?? ""} -modcacherw -buildvcs=false`.trim(),
    ...extra,
  };
}

/** The progress of a build that was started with -v. */
export function compiled(output) {
  const lines = output.trimEnd().split("\n").filter(Boolean);
  const fetched = lines.filter((line) => line.startsWith("go: downloading")).length;
  return `${fetched} modules fetched, ${lines.length - fetched} packages compiled`;
}

import { existsSync, mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { cache, moveIntoPlace, withLock } from "./cache.mjs";
import { provideGo } from "./go.mjs";
import { compiled, goEnvironment } from "./helm.mjs";
import { run, tail } from "./run.mjs";

const version = "v1.25.0";

/**
 * Provides Pulumi's language host for YAML, which runs the programs of the native plugin's tests: built from the Go registry, once.
 * Returns `{ path }`, or `{ missing }`: one line that says why it could not be built.
 *
 * @returns {Promise<{ path?: string, missing?: string }>}
 */
export async function provideYamlHost() {
  const place = path.join(cache, `pulumi-language-yaml-${version}`);
  const host = path.join(place, "pulumi-language-yaml");
  if (existsSync(host)) return { path: host };
  const go = await provideGo({ bring: true });
  if (go.missing) return { missing: `Pulumi's YAML host is built with Go. ${go.missing}` };
  return withLock("pulumi-language-yaml", async () => {
    if (existsSync(host)) return { path: host };
    const staged = `${place}.new-${process.pid}`;
    mkdirSync(staged, { recursive: true });
    try {
      const module = `github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml@${version}`;
      const built = await run("go", ["install", "-v", module], {
        what: `building Pulumi's YAML host ${version} (about a minute, once)`,
        limit: 1800,
        env: goEnvironment({ GOBIN: staged }),
        progress: compiled,
      });
      if (built.code !== 0) {
        const why = built.timedOut ? "took more than 30 minutes" : `failed with exit code ${built.code}`;
        return { missing: `go install of ${module} ${why}: ${tail(built.output, 3).replace(/\s+/g, " ")}` };
      }
      moveIntoPlace(staged, place);
      return { path: host };
    } finally {
      rmSync(staged, { recursive: true, force: true });
    }
  });
}

import path from "node:path";
import { provideGo } from "./go.mjs";
import { provideGoProgram } from "./goProgram.mjs";
import { providePythonPackages } from "./pythonPackages.mjs";
import { run } from "./run.mjs";

/**
 * Provides Pulumi's SDK generators: two programs, since the generator for .NET is only in an older module of the Go registry.
 *
 * @typedef {{ path?: string, missing?: string }} Client
 * @returns {Promise<{ sdks: Client, dotnet: Client }>} each `{ path }`, or `{ missing }`: one line that says why it could not be built
 */
export async function provideGenerators() {
  return {
    sdks: await provideGoProgram({
      name: "sdks",
      source: "scripts/sdks/generate",
      program: "generate",
      what: "building Pulumi's generators of SDKs (one to three minutes, once)",
    }),
    dotnet: await provideGoProgram({
      name: "sdks-dotnet",
      source: "scripts/sdks/dotnet",
      program: "dotnet",
      what: "building Pulumi's generator of .NET SDKs (one to three minutes, once)",
    }),
  };
}

/**
 * Provides the tools for the tests of the generated SDKs: the generators, a Python with Pulumi's SDK and mypy, and a Go that has compiled
 * Pulumi's SDK into its own cache.
 *
 * @returns {Promise<{ sdks: Client, dotnet: Client, python: Client, go: Client }>}
 */
export async function provideSdks() {
  return {
    ...(await provideGenerators()),
    python: await providePythonPackages({
      name: "sdks-python",
      source: "tests/sdks/python",
      what: "Pulumi's SDK for Python and mypy, for the tests of the generated SDKs,",
    }),
    go: await provideGoWithPulumi(),
  };
}

async function provideGoWithPulumi() {
  const { missing } = await provideGoProgram({
    name: "sdks-go",
    source: "tests/sdks/go",
    program: "driver",
    packages: "./driver",
    what: "compiling Pulumi's SDK for Go (about a minute, once)",
  });
  if (missing) return { missing };
  await provideGo({ bring: true });
  const { stdout } = await run("go", ["env", "GOROOT"], { limit: 60 });
  return { path: path.join(stdout.trim(), "bin/go") };
}

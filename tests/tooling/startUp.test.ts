import { execFileSync } from "node:child_process";
import * as path from "node:path";
import { repository } from "../support/repository";

/** The files that a new process loads with the built module, without those of `first`, relative to the repository. */
function loaded(entry: string, first?: string): string[] {
  const program = `
    const before = new Set(${first === undefined ? "[]" : `(require(${JSON.stringify(first)}), Object.keys(require.cache))`});
    require(${JSON.stringify(path.join(repository, "dist", entry))});
    console.log(JSON.stringify(Object.keys(require.cache).filter((file) => !before.has(file))));
  `;
  const output = execFileSync(process.execPath, ["-e", program], {
    cwd: repository,
    encoding: "utf8",
    timeout: 60_000,
  });
  return (JSON.parse(output) as string[]).map((file) => path.relative(repository, file).split(path.sep).join("/"));
}

/** The names of the packages among them. */
function packages(files: string[]): string[] {
  const names = files.map((file) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1]);
  return [...new Set(names.filter((name) => name !== undefined))].sort();
}

const under = (files: string[], folder: string) => files.filter((file) => file.startsWith(folder));

test("a program that imports the SDK loads no HTTP client, no lifecycle, and little more than Pulumi's SDK", () => {
  const files = loaded("sdk/index.js", "@pulumi/pulumi");
  expect(packages(files)).toEqual([]);
  expect(under(files, "dist/provider/")).toEqual([]);
  expect(under(files, "dist/simulator/")).toEqual([]);
  expect(files).toContain("dist/sdk/clusterAgent.js");
  expect(files.length).toBeLessThanOrEqual(25);
});

test("the provider's entry loads neither the HTTP client nor Pulumi's SDK at its start", () => {
  const files = loaded("provider/index.js");
  expect(packages(files)).toEqual(["fastest-levenshtein"]);
  expect(under(files, "dist/sdk/")).toEqual([]);
  expect(under(files, "dist/simulator/")).toEqual([]);
  expect(files).toContain("dist/provider/clusterAgent.js");
  expect(files.length).toBeLessThanOrEqual(70);
});

test("the component's entry adds only its own files and Pulumi's Kubernetes SDK to the SDK", () => {
  const files = loaded("sdk/kubernetes/index.js", "@pulumi/pulumi");
  expect(packages(files)).not.toContain("axios");
  expect(under(files, "dist/provider/")).toEqual([]);
});

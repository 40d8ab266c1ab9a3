import { readFileSync, readdirSync } from "node:fs";
import * as path from "node:path";
import { repository } from "../support/engine";
import { cleanEnvironment, runCommand } from "../support/processes";

const read = (file: string) => readFileSync(path.join(repository, file), "utf8");
const manifest = JSON.parse(read("package.json")) as Record<string, unknown> & { version: string; bin: object };

const sources = (folder: string) =>
  readdirSync(path.join(repository, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => `dist/${folder}/${file.slice(0, -".ts".length)}`);

async function npm(args: string[]) {
  const result = await runCommand("npm", args, { cwd: repository, env: cleanEnvironment() });
  expect([result.code, result.output]).toEqual([0, expect.any(String)]);
  return result;
}

test("what is published is the compiled package, the template, and what tells of it", async () => {
  const { stdout } = await npm(["pack", "--dry-run", "--ignore-scripts", "--json"]);
  const [{ files }] = JSON.parse(stdout) as [{ files: { path: string; mode: number }[] }];
  const expected = [
    ...["CHANGELOG.md", "LICENSE", "README.md", "package.json"],
    ...["Pulumi.yaml", "index.ts", "package.json", "tsconfig.json"].map((file) => `templates/gitlab-agent/${file}`),
    ...["cli", "provider", "sdk", "simulator"].flatMap(sources).flatMap((file) => [`${file}.d.ts`, `${file}.js`]),
  ];
  expect(files.map((file) => file.path).sort()).toEqual(expected.sort());
});

test("its metadata is whole", () => {
  for (const field of [
    "name",
    "version",
    "description",
    "keywords",
    "license",
    "author",
    "homepage",
    "repository",
    "bugs",
  ]) {
    expect([field, manifest[field]]).toEqual([field, expect.anything()]);
  }
  expect(manifest["license"]).toBe("Apache-2.0");
  expect(read("LICENSE")).toMatch(/Apache License\s+Version 2\.0/);
  expect(manifest["publishConfig"]).toEqual({ access: "public", provenance: true });
  expect(manifest["engines"]).toEqual({ node: ">=22" });
});

test("the template asks for this version, and for the SDK that this version asks for", () => {
  const { dependencies } = JSON.parse(read("templates/gitlab-agent/package.json")) as {
    dependencies: Record<string, string>;
  };
  const { "@pulumi/pulumi": sdk } = manifest["peerDependencies"] as Record<string, string>;
  expect(dependencies).toEqual({ "@pulumi/pulumi": sdk, "pulumi-gitlab-agent": `^${manifest.version}` });
});

test("the dry run of a release packs it with provenance, and tells what stands in the way", async () => {
  const result = await runCommand("make", ["-s", "release", "ARGS=--dry-run"], {
    cwd: repository,
    env: cleanEnvironment(),
    limit: 240,
  });
  expect([result.code, result.output]).toEqual([0, expect.any(String)]);
  expect(result.stdout).toMatch(/^ +ok {2}there is a state fixture of \d+\.\d+\.\d+$/m);
  // No test runs in a job that may publish.
  expect(result.stdout).toMatch(/^not yet {2}it runs in a CI job that can prove itself/m);
  expect(result.output).toMatch(/npm notice .*dist\/provider\/index\.js/);
  expect(result.output).toContain(`pulumi-gitlab-agent@${manifest.version}`);
  expect(result.stdout).toMatch(/nothing was published/);
});

test("a release is refused while anything stands in the way", async () => {
  const result = await runCommand("make", ["-s", "release"], { cwd: repository, env: cleanEnvironment(), limit: 240 });
  expect(result.code).not.toBe(0);
  expect(result.output).toContain("cannot be released yet");
  expect(result.output).not.toContain("npm notice");
});

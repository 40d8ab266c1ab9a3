import { readFileSync, readdirSync } from "node:fs";
import * as path from "node:path";
import { list } from "tar";
import { repository } from "../support/repository";
import { cleanEnvironment, runCommand } from "../support/processes";
import { packTarball } from "../support/project";
import { testWith } from "../support/tools";

const read = (file: string) => readFileSync(path.join(repository, file), "utf8");
const manifest = JSON.parse(read("package.json")) as Record<string, unknown> & { version: string; bin: object };

const sources = (folder: string) =>
  readdirSync(path.join(repository, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => `dist/${folder}/${file.slice(0, -".ts".length)}`);

/** The files of a folder that git tracks or would track: neither installed nor generated ones. */
const ours = (folder: string) =>
  readdirSync(path.join(repository, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(repository, path.join(entry.parentPath, entry.name)))
    .filter((file) => !/node_modules|^docs\/reference\//.test(file));

test("the published files are the compiled package, the template, its pages and examples, and all their links work", async () => {
  const packed: string[] = [];
  await list({
    file: await packTarball(),
    onReadEntry: ({ path: file }) => packed.push(file.replace(/^package\//, "")),
  });
  const expected = [
    ...["CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md", "SECURITY.md", "package.json"],
    ...["docs", "examples"].flatMap(ours),
    ...["Pulumi.yaml", "index.ts", "package.json", "tsconfig.json"].map((file) => `templates/gitlab-agent/${file}`),
    ...["cli", "provider", "sdk", "simulator"]
      .flatMap(sources)
      // Bundled into one file each, with all that they need.
      .filter((file) => !/^dist\/(provider\/doors\/plugin|sdk\/native)\//.test(file))
      .flatMap((file) => [`${file}.d.ts`, `${file}.js`]),
    ...["", ".cmd"].map((end) => `dist/plugin/pulumi-resource-gitlab-agent${end}`),
    "dist/plugin/component.cjs",
  ];
  expect(packed.sort()).toEqual(expected.sort());
  // Each page as it is in node_modules: a link leads to a file or a folder of the package.
  const broken = packed
    .filter((file) => file.endsWith(".md"))
    .flatMap((page) =>
      [...read(page).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
        .map(([, target = ""]) => target)
        .filter((target) => !/^[a-z]+:/.test(target))
        .map((target) => ({ page, target: path.join(path.dirname(page), target).replace(/\/$/, "") })),
    )
    .filter(({ target }) => !packed.some((file) => file === target || file.startsWith(`${target}/`)));
  expect(broken).toEqual([]);
});

test("no script of the package runs at its installation, since npm warns about those", () => {
  const atInstall = ["preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare"];
  expect(atInstall.filter((name) => name in (manifest["scripts"] as object))).toEqual([]);
});

testWith("make")("make help prints the line for the shell as it is typed", async () => {
  const { code, stdout } = await runCommand("make", ["-s", "help"], { cwd: repository, env: cleanEnvironment() });
  expect([code, stdout]).toEqual([0, expect.stringContaining('on PATH: eval "$(make -s env)"\n')]);
});

test("its metadata is complete", () => {
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

test("the template requires this version, and the SDK version that this version requires", () => {
  const { dependencies } = JSON.parse(read("templates/gitlab-agent/package.json")) as {
    dependencies: Record<string, string>;
  };
  const { "@pulumi/pulumi": sdk } = manifest["peerDependencies"] as Record<string, string>;
  expect(dependencies).toEqual({ "@pulumi/pulumi": sdk, "pulumi-gitlab-agent": `^${manifest.version}` });
});

testWith("make")("a release is refused while anything stands in the way", async () => {
  const result = await runCommand("make", ["-s", "release"], { cwd: repository, env: cleanEnvironment(), limit: 240 });
  expect(result.code).not.toBe(0);
  expect(result.output).toContain("cannot be released yet");
  expect(result.output).not.toContain("npm notice");
});

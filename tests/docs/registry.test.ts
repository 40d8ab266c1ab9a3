import { readFileSync } from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import manifest, { version } from "../../package.json";
import schema from "../../provider/doors/plugin/schema.json";
import { repository } from "../support/repository";
import { blocksOf, isOfRegistry, pages, textOf } from "./pages";

const LANGUAGES = ["typescript", "python", "go", "csharp", "java", "yaml"];
const PAGES = ["docs/registry/_index.md", "docs/registry/installation-configuration.md"];
const [OVERVIEW = "", INSTALLATION = ""] = PAGES;

test("Pulumi's registry gets the two pages that it asks for", () => {
  expect(pages().filter(isOfRegistry)).toEqual(PAGES);
});

describe.each(PAGES)("%s", (page) => {
  const text = textOf(page);

  test("begins with the front matter of a package, and has no heading of the first level", () => {
    const [, front = ""] = /^---\n([\s\S]*?)\n---\n\n/.exec(text) ?? [];
    const { title, meta_desc, layout, ...rest } = parse(front) as Record<string, string>;
    expect([layout, rest]).toEqual(["package", {}]);
    expect(title).toMatch(new RegExp(`^${schema.displayName}`));
    expect(meta_desc).toMatch(/\.$/);
    expect(text.replace(/^```[\s\S]*?^```/gm, "")).not.toMatch(/^# /m);
  });

  test("has every language in its chooser", () => {
    const choosers = [...text.matchAll(/\{\{< chooser language "([^"]*)" >\}\}\n([\s\S]*?)\n\{\{< \/chooser >\}\}/g)];
    expect(choosers.map(([, languages]) => languages)).toEqual([LANGUAGES.join(",")]);
    const options = [
      ...(choosers[0]?.[2] ?? "").matchAll(/\{\{% choosable language (\w+) %\}\}([\s\S]*?)\{\{% \/choosable %\}\}/g),
    ];
    expect(options.map(([, language]) => language)).toEqual(LANGUAGES);
    for (const [, , option = ""] of options) expect(option).toMatch(/^```\w+\n/m);
  });

  test("leads to addresses only, since it is shown elsewhere", () => {
    const targets = [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, target = ""]) => target);
    expect(targets.filter((target) => !target.startsWith("https://"))).toEqual([]);
  });

  test("installs this version", () => {
    for (const [, named] of text.matchAll(/(?:@|\bv)(\d+\.\d+\.\d+)/g)) expect(named).toBe(version);
  });
});

test("the overview has the same example in every language, of resources that the schema has", () => {
  const blocks = blocksOf(OVERVIEW);
  expect(blocks.map(({ language }) => language)).toEqual(LANGUAGES);
  for (const { text } of blocks) {
    expect(text).toMatch(/group\/app/);
    expect(text).toMatch(/ClusterAgent[\s\S]*AgentToken/);
    expect(text).toMatch(/90/);
    expect(text).toContain("agentToken");
  }
  const { resources } = parse(blocks.find(({ language }) => language === "yaml")?.text ?? "") as {
    resources: Record<string, { type: string; properties: Record<string, unknown> }>;
  };
  const known = schema.resources as Record<string, { inputProperties: object; requiredInputs: string[] }>;
  for (const { type, properties } of Object.values(resources)) {
    const { inputProperties, requiredInputs } = known[type.replace(":", ":index:")] ?? {
      inputProperties: {},
      requiredInputs: [],
    };
    expect(Object.keys(inputProperties)).toEqual(expect.arrayContaining(Object.keys(properties)));
    expect(Object.keys(properties)).toEqual(expect.arrayContaining(requiredInputs));
  }
});

test("docs/languages.md shows the same programs in the languages that have no example of their own", () => {
  const programs = (page: string) => blocksOf(page).filter(({ language }) => ["csharp", "java"].includes(language));
  const [shown, expected] = ["docs/languages.md", OVERVIEW].map((page) => programs(page).map(({ text }) => text));
  expect(expected).toHaveLength(2);
  expect(shown).toEqual(expected);
});

test("the page of the configuration has every setting of the schema, with its environment variables and default", () => {
  const text = textOf(INSTALLATION);
  const rows = [...text.matchAll(/^\| `gitlab-agent:(\w+)` *\|([^|]*)\|([^|]*)\|/gm)];
  expect(rows.map(([, name]) => name).sort()).toEqual(Object.keys(schema.config.variables).sort());
  // As docs/configuration.md has them.
  const cells = (text: string) => text.replace(/, then|,/g, "").trim();
  for (const [, name, environment = "", initial = ""] of rows) {
    const [, variables = "?", otherwise = "?"] =
      new RegExp(`^\\| \\[\`${name}\`\\]\\(#\\w+\\) *\\|([^|]*)\\|([^|]*)\\|`, "m").exec(
        textOf("docs/configuration.md"),
      ) ?? [];
    expect([name, cells(environment)]).toEqual([name, cells(variables)]);
    expect([name, initial.trim() || "none"]).toEqual([name, otherwise.trim().replace(/ seconds$/, "")]);
  }
});

test("the schema says who made the package, where it is, and of what kind", () => {
  const home = manifest.repository.url.replace(/^git\+|\.git$/g, "");
  expect(schema).toMatchObject({
    repository: home,
    homepage: home,
    publisher: "pulumi-gitlab-agent",
    license: "Apache-2.0",
  });
  expect(schema.keywords).toEqual(
    expect.arrayContaining(["pulumi", "gitlab", "kind/native", "category/infrastructure"]),
  );
  const [file, logo] = schema.logoUrl.split("/-/raw/main/").reverse();
  expect(logo).toBe(home);
  expect(
    readFileSync(path.join(repository, file ?? ""))
      .subarray(1, 4)
      .toString(),
  ).toBe("PNG");
  // Where the plugin is downloaded from is decided by each release.
  expect(Object.keys(schema)).not.toContain("pluginDownloadURL");
});

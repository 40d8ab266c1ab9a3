import { readFileSync } from "node:fs";
import * as path from "node:path";
import * as ts from "typescript";
import { repository } from "../support/repository";
import { blocksOf, textOf } from "./pages";

const PAGE = "docs/helm.md";
const source = (file: string) => readFileSync(path.join(repository, file), "utf8");

/** The names of an interface's properties. */
function properties(file: string, name: string): string[] {
  const parsed = ts.createSourceFile(file, source(file), ts.ScriptTarget.ES2022);
  const found = parsed.statements.find((each) => ts.isInterfaceDeclaration(each) && each.name.text === name);
  return (found as ts.InterfaceDeclaration).members.map((member) => (member.name as ts.Identifier).text);
}

test("the page shows examples/helm/index.ts", () => {
  const programs = blocksOf(PAGE).filter(({ language }) => language === "ts");
  expect(programs.map(({ text }) => text)).toContain(source("examples/helm/index.ts"));
});

test("the table of arguments has every argument once, and no other", () => {
  const rows = [
    ...textOf(PAGE)
      .split("## Arguments")[1]!
      .split("\n## ")[0]!
      .matchAll(/^\| `(\w+)`/gm),
  ].map((row) => row[1]);
  expect(rows.sort()).toEqual(properties("sdk/kubernetes/agentInstallationArgs.ts", "AgentInstallationArgs").sort());
});

test("the numbered steps of a rotation have the order that the engine test proves", () => {
  const section = textOf(PAGE).split("## Rotation")[1]!.split("\n## ")[0]!;
  const [first, ...others] = section.match(/^1\. [^]*?\n\n/gm) ?? [];
  expect(others).toEqual([]);
  const steps = [
    "creates token 2",
    "creates the Secret `production-token-2`",
    "updates the release",
    "polls GitLab until it reports that token 2 was used",
    "deletes the Secret `production-token-1`",
    "revokes token 1",
  ];
  const places = steps.map((step) => first!.indexOf(step));
  expect(places).toEqual([...places].sort((one, other) => one - other));
  expect(places).not.toContain(-1);
});

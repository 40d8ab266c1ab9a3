import { readFileSync } from "node:fs";
import * as path from "node:path";
import * as ts from "typescript";
import { codeOf, ERROR_CODES, withCode } from "../../provider/gitlab/errorCodes";
import { catalogue, PULUMIS_OWN } from "../support/catalogue";
import { repository } from "../support/repository";

const entries = catalogue();
const tests = ts.sys
  .readDirectory(path.join(repository, "tests"), [".test.ts"])
  .map((file) => readFileSync(file, "utf8"))
  .join("\n");

test("every entry of docs/errors.md has a test of its message, a reason and a next step", () => {
  const titles = entries.map(({ title }) => title);
  expect(new Set(titles).size).toBe(titles.length);
  // A wrong title fails in expectEntry, wherever a test uses it.
  expect(titles.filter((title) => !tests.includes(JSON.stringify(title)))).toEqual([]);
  for (const { text } of entries) expect(text).toMatch(/\*\*Why:\*\* [\s\S]+\*\*What to do:\*\* /);
});

test("every code has one entry, and every entry one code, in rising order", () => {
  const codes = entries.filter(({ title }) => title !== PULUMIS_OWN).map(({ code }) => code);
  expect([...codes].sort()).toEqual([...ERROR_CODES].sort());
  const all = entries.map(({ code }) => code);
  expect(all).toEqual([...new Set(all)].sort());
});

test.each(entries.map(({ code, title, seen }) => [code, title, seen]))(
  "%s %s: each line of its message ends with the code, and the product would add it",
  (code, title, seen) => {
    for (const line of seen.split("\n")) {
      const plain = line.replace(/^pulumi-nodejs:.*? has a problem: |^warning: /, "").replace(/ GLA\d{4}$/, "");
      if (title === PULUMIS_OWN) expect([codeOf(plain), line]).toEqual([undefined, expect.not.stringContaining("GLA")]);
      else expect([codeOf(plain), line.match(/GLA\d+/g)]).toEqual([code, [code]]);
    }
  },
);

test("the code is added once, and only to texts with an entry", () => {
  expect(withCode("`agentId` is missing")).toBe("`agentId` is missing. GLA2002");
  expect(withCode(withCode("`agentId` is missing"))).toBe("`agentId` is missing. GLA2002");
  for (const other of [
    'took over agent 1 "one" of project group/app, registered 2026-11-24T00:00:00Z: it is ours.',
    'token 1 ("blue") of agent 7 in project group/app was not deleted. A resource of this program has it.',
    "will import group/app:7 as agent. GitLab has it as it is declared.",
    "Wrote import.json. Nothing was changed in GitLab.",
  ]) {
    expect(withCode(other)).toBe(other);
  }
});

import { existsSync, readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { compile } from "../support/compiler";
import { repository } from "../support/repository";
import { blocksOf, pages, textOf } from "./pages";

/** A block with `await` at its top level is an ES module. */
const extension = (text: string) => (/^(\S.*[ (])?await /m.test(text) ? ".mts" : ".ts");

/** The TypeScript files of a folder of the repository. */
const sourcesIn = (folder: string): string[] =>
  readdirSync(path.join(repository, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.split(path.sep).includes("node_modules"))
    .map((file) => path.join(repository, folder, file));

/** Compiles programs by file name like a user's project. */
const errorsOf = (programs: Map<string, string>) =>
  compile({
    options: { module: "node16", esModuleInterop: true, skipLibCheck: true, types: ["node", "jest"] },
    programs: Object.fromEntries(programs),
  });

test("every TypeScript block of every page compiles", async () => {
  const blocks = pages().flatMap((page) =>
    blocksOf(page)
      .filter(({ language }) => language === "ts" || language === "typescript")
      .map((block) => ({ ...block, page })),
  );
  expect(blocks.length).toBeGreaterThan(3);
  const programs = new Map(
    blocks.map(({ page, line, text }) => [
      `${page.replace(/\W/g, "-")}-line-${line}${extension(text)}`,
      // Each block is a module of its own, also without an import.
      `${text}\nexport {};\n`,
    ]),
  );
  // A block that continues an example imports files of that example.
  for (const file of sourcesIn("examples").filter((each) => path.basename(each) !== "index.ts")) {
    if (!blocks.some(({ text }) => text.includes(`"./${path.basename(file, ".ts")}"`))) continue;
    programs.set(path.basename(file), readFileSync(file, "utf8"));
  }
  expect(await errorsOf(programs)).toEqual([]);
});

test("every example in a doc comment of the SDK and the simulator compiles", async () => {
  const programs = new Map<string, string>();
  for (const file of ["sdk", "simulator"].flatMap(sourcesIn)) {
    for (const match of readFileSync(file, "utf8").matchAll(/\* ```ts\n([\s\S]*?)\* ```/g)) {
      const text = (match[1] ?? "").replace(/^\s*\* ?/gm, "");
      const name = `${path.basename(file, ".ts")}-example-${programs.size}${extension(text)}`;
      programs.set(name, `${text}\nexport {};\n`);
    }
  }
  expect(programs.size).toBeGreaterThan(6);
  expect(await errorsOf(programs)).toEqual([]);
});

test("every link between pages leads to a file", () => {
  const broken = pages().flatMap((page) =>
    [...textOf(page).matchAll(/\]\(([^)#\s]+)(#[^)]*)?\)/g)]
      .map((match) => match[1] ?? "")
      .filter((target) => !/^[a-z]+:/.test(target))
      .filter((target) => !existsSync(path.join(repository, path.dirname(page), target)))
      .map((target) => `${page} -> ${target}`),
  );
  expect(broken).toEqual([]);
});

test("every link to a heading leads to one", () => {
  const broken = pages().flatMap((page) =>
    [...textOf(page).matchAll(/\]\(([^)#\s]*)#([^)]*)\)/g)]
      .filter(([, target = ""]) => !/^[a-z]+:/.test(target))
      .map(([, target = "", anchor = ""]) => ({
        to: target === "" ? page : path.join(path.dirname(page), target),
        anchor,
      }))
      .filter(({ to, anchor }) => !anchorsOf(to).includes(anchor))
      .map(({ to, anchor }) => `${page} -> ${to}#${anchor}`),
  );
  expect(broken).toEqual([]);
});

/** The anchors of a page's headings, as GitLab and GitHub derive them. */
function anchorsOf(page: string): string[] {
  const prose = textOf(page).replace(/^```[\s\S]*?^```/gm, "");
  return [...prose.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .toLowerCase()
      .replace(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
}

test("docs/recovery.md quotes real messages", () => {
  const sources = sourcesIn("provider").map((file) => readFileSync(file, "utf8"));
  const known = [textOf("docs/errors.md"), ...sources].join("\n");
  const quotes = [...textOf("docs/recovery.md").matchAll(/^(?:- \*\*|\| )`([^`]+)`(?: … `([^`]+)`)?/gm)]
    .flatMap(([, first = "", second = ""]) => [first, second])
    // What is left out, and what a message fills in: ids, numbers and names.
    .flatMap((quote) => quote.split(/…|\d+|"[^"]*"|group\/app/))
    .map((part) => part.trim())
    .filter((part) => part.split(" ").length > 3);
  expect(quotes.length).toBeGreaterThan(10);
  expect(quotes.filter((part) => !known.includes(part))).toEqual([]);
});

test("the README's make targets exist", () => {
  const makefile = textOf("Makefile");
  const targets = [...textOf("README.md").matchAll(/(?:^|`)make ([\w-]+)/gm)].map((match) => match[1]);
  expect(targets).toEqual(expect.arrayContaining(["build", "demo", "test"]));
  for (const target of targets) expect(makefile).toMatch(new RegExp(`^${target}:`, "m"));
});

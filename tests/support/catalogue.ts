import { readFileSync } from "node:fs";
import * as path from "node:path";
import type { EngineRun } from "./engine";

/** One entry of docs/errors.md. */
export interface Entry {
  title: string;
  /** What the user sees, with `…` where anything may stand. */
  seen: string;
  /** The rest of the entry: why, and what to do. */
  text: string;
}

const file = path.resolve(__dirname, "../../docs/errors.md");

/** The entries of docs/errors.md: what stands under a heading of the third level, with its one block of text. */
export function catalogue(): Entry[] {
  return readFileSync(file, "utf8")
    .split(/^### /m)
    .slice(1)
    .map((section) => {
      const [, title = "", seen = "", text = ""] = /^(.*)\n\n```text\n([\s\S]*?)\n```\n([\s\S]*)$/.exec(section) ?? [];
      if (title === "") throw new Error(`This entry of docs/errors.md has no block of text:\n${section.slice(0, 200)}`);
      return { title, seen, text: text.replace(/^## [\s\S]*/m, "").trim() };
    });
}

/**
 * Asserts that the engine showed what the entry of that title in docs/errors.md says, word for word: `…` stands for anything
 * on the line, `https://gitlab.example.com` for wherever GitLab is in the test.
 */
export function expectEntry(title: string, shown: string): void {
  const entry = catalogue().find((each) => each.title === title);
  if (entry === undefined) throw new Error(`docs/errors.md has no entry "${title}". The engine showed:\n${shown}`);
  const pattern = entry.seen
    .replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")
    .replace(/…/g, "[^\\n]+?")
    .replace(/https:\/\/gitlab\\\.example\\\.com/g, "https?://[^\\s/,)]+");
  expect(shown).toMatch(new RegExp(`^${pattern}$`));
}

/** What the engine shows as errors under the resource of that name; under the stack itself without one. */
export function errorOf(run: EngineRun, name?: string): string {
  const isOf = (urn: string): boolean =>
    name === undefined ? urn.includes("::pulumi:pulumi:Stack::") : urn.endsWith(`::${name}`);
  return run.events
    .flatMap(({ diagnosticEvent: said }) =>
      said?.severity === "error" && isOf(said.urn ?? "") ? [said.message.replace(/<\{%[^%]*%\}>/g, "").trimEnd()] : [],
    )
    .join("\n");
}

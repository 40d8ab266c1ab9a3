import { readFileSync } from "node:fs";
import * as path from "node:path";
import { isNative } from "./door";
import type { EngineRun } from "./engine";

/** One entry of docs/errors.md. */
export interface Entry {
  /** Such as `GLA1001`. */
  code: string;
  title: string;
  /** The message that the user sees, with `…` for any text. */
  seen: string;
  /** The rest of the entry: the reason and the next step. */
  text: string;
}

const file = path.resolve(__dirname, "../../docs/errors.md");

/** This message is Pulumi's own, so it cannot end with one of our codes. */
export const PULUMIS_OWN = "pulumi import: code must be a string";

/** The entries of docs/errors.md: each third-level heading with its code block. */
export function catalogue(): Entry[] {
  return readFileSync(file, "utf8")
    .split(/^### /m)
    .slice(1)
    .map((section) => {
      const [, code = "", title = "", seen = "", text = ""] =
        /^(GLA\d{4}): (.*)\n\n```text\n([\s\S]*?)\n```\n([\s\S]*)$/.exec(section) ?? [];
      if (title === "") throw new Error(`This entry of docs/errors.md has no code, or no block of text:\n${section}`);
      return { code, title, seen, text: text.replace(/^## [\s\S]*/m, "").trim() };
    });
}

/**
 * Asserts that the user was shown what the entry of that title in docs/errors.md says, word for word, with the entry's code once, at
 * its end: `…` stands for anything on the line, `https://gitlab.example.com` for wherever GitLab is in the test.
 */
export function expectEntry(title: string, shown: string): void {
  const { code, seen } = entryOf(title, shown);
  if (title !== PULUMIS_OWN) expect([shown, codesIn(shown)]).toEqual([expect.stringMatching(/ GLA\d{4}$/), [code]]);
  expect(shown).toMatch(patternOf(seen));
}

/** The same for the reason of a check failure, which the engine precedes with the resource. */
export function expectReason(title: string, reason: string): void {
  const { seen } = entryOf(title, reason);
  const [, before = ""] = /^(pulumi-nodejs:.*? has a problem: )/.exec(seen) ?? [];
  expectEntry(title, `${before}${reason}`);
}

/** The text without the code at its end, which must be a code of docs/errors.md. */
export function withoutCode(text: string): string {
  const [whole, code = ""] = / (GLA\d{4})$/.exec(text) ?? [];
  if (whole === undefined) throw new Error(`This has no code: ${text}`);
  if (!catalogue().some((entry) => entry.code === code))
    throw new Error(`docs/errors.md has no entry ${code}: ${text}`);
  return text.slice(0, -whole.length);
}

/** All codes in a text. */
function codesIn(text: string): string[] {
  return text.match(/GLA\d{4}/g) ?? [];
}

function entryOf(title: string, shown: string): Entry {
  const entry = catalogue().find((each) => each.title === title);
  if (entry === undefined) throw new Error(`docs/errors.md has no entry "${title}". This was shown:\n${shown}`);
  return entry;
}

function patternOf(seen: string): RegExp {
  // The page shows the messages of the dynamic resources; those of the native plugin have other types and keys.
  const shownHere = isNative()
    ? seen
        .replace(/pulumi-nodejs:dynamic\/gitlab:/g, "gitlab-agent:index:")
        .replace(/(`|--secret )gitlab:(?=\w)/g, "$1gitlab-agent:")
    : seen;
  const pattern = shownHere
    .replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")
    .replace(/…/g, "[^\\n]+?")
    .replace(/https:\/\/gitlab\\\.example\\\.com/g, "https?://[^\\s/,)]+");
  return new RegExp(`^${pattern}$`);
}

/** The errors that the engine shows under the resource of that name; without a name, under the stack. */
export function errorOf(run: EngineRun, name?: string): string {
  const isOf = (urn: string): boolean =>
    name === undefined ? urn.includes("::pulumi:pulumi:Stack::") : urn.endsWith(`::${name}`);
  return run.events
    .flatMap(({ diagnosticEvent: said }) =>
      said?.severity === "error" && isOf(said.urn ?? "") ? [said.message.replace(/<\{%[^%]*%\}>/g, "").trimEnd()] : [],
    )
    .join("\n");
}

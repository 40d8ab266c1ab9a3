import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { repository } from "../support/repository";

/** A code block of a page, with its first line. */
export interface Block {
  language: string;
  text: string;
  line: number;
}

/**
 * The pages for readers, relative to the repository: the README and the files beside it, the examples' page, and everything in
 * docs/.
 */
export function pages(): string[] {
  const top = readdirSync(repository).filter((file) => file.endsWith(".md"));
  const docs = readdirSync(path.join(repository, "docs"), { recursive: true, encoding: "utf8" });
  return [
    ...top,
    "examples/README.md",
    ...docs.filter((file) => file.endsWith(".md")).map((file) => path.join("docs", file)),
  ].sort();
}

export function textOf(page: string): string {
  return readFileSync(path.join(repository, page), "utf8");
}

/** The code blocks of a page. */
export function blocksOf(page: string): Block[] {
  const blocks: Block[] = [];
  let open: Block | undefined;
  textOf(page)
    .split("\n")
    .forEach((line, index) => {
      const fence = /^\s*```(\w*)/.exec(line);
      if (fence && open === undefined) open = { language: fence[1] ?? "", text: "", line: index + 2 };
      else if (fence && open !== undefined) {
        blocks.push(open);
        open = undefined;
      } else if (open !== undefined) open.text += `${line}\n`;
    });
  return blocks;
}

/** Whether a page is for Pulumi's registry, whose form (shortcodes, front matter instead of a heading) our own site cannot show. */
export function isOfRegistry(page: string): boolean {
  return page.startsWith("docs/registry/");
}

// A TypeDoc plugin for the guides, whose links and headings are written for GitLab.
import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import { Converter } from "typedoc";

const { repository: source } = JSON.parse(readFileSync("package.json", "utf8"));
const repository = source.url.replace(/^git\+|\.git$/g, "");

/** @param {import("typedoc").Application} app */
export function load(app) {
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_, document) => {
    const parts = document.content;
    plainHeadings(parts);
    nameByHeading(document, parts[0]);
    for (const part of parts) if (part.kind === "relative-link") linkFolder(part, document.project);
  });
}

/** A guide gets its name from its first heading, not from its file. */
function nameByHeading(document, first) {
  document.name = /^\s*# (.+)\n/.exec(first?.text ?? "")?.[1] ?? document.name;
}

/** TypeDoc omits code in a heading from its anchor. GitLab includes it, and the links are written for GitLab. */
function plainHeadings(parts) {
  let line = "";
  for (const part of parts) {
    const inHeading = /^#{1,6} /.test(line);
    if (part.kind === "code" && inHeading && !part.text.startsWith("```")) {
      part.kind = "text";
      part.text = part.text.replace(/^`+|`+$/g, "").replace(/[_*<[]/g, "\\$&");
    }
    line = (line + part.text).split("\n").at(-1);
  }
}

/** Folders that pages link to, by the number that TypeDoc gave each of them. */
const folders = new Map();

/** A folder has no page on the site, so the link leads to the repository. */
function linkFolder(part, project) {
  const target = folders.get(part.target) ?? project.files.resolve(part.target, project);
  if (typeof target !== "string" || !statSync(target, { throwIfNoEntry: false })?.isDirectory()) return;
  folders.set(part.target, target);
  part.kind = "text";
  part.text = `${repository}/-/tree/main/${path.relative(process.cwd(), target).split(path.sep).join("/")}`;
  // TypeDoc warns of a target that it cannot copy, and has no public way to remove one.
  project.files.mediaToPath.delete(part.target);
  delete part.target;
}

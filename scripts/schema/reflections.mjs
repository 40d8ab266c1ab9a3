// Reads the SDK's types with their doc comments from TypeDoc.
import { isLiteral, reworded } from "./words.mjs";

/** The declarations of the package's main entry and of its component's by name. */
export class Reflections {
  #byName;
  #byId = new Map();

  /** @param {object} project TypeDoc's JSON output */
  constructor(project) {
    const entries = project.children.filter(({ name }) => name === "sdk" || name === "sdk/kubernetes");
    this.#byName = new Map(entries.flatMap(({ children }) => children).map((child) => [child.name, child]));
    const note = (reflection) => {
      if (reflection.id !== undefined) this.#byId.set(reflection.id, reflection);
      for (const child of reflection.children ?? []) note(child);
    };
    entries.forEach(note);
  }

  /** A declaration that must exist. */
  named(name) {
    const found = this.#byName.get(name);
    if (found === undefined) throw new Error(`the SDK exports no ${name}`);
    return found;
  }

  /** The declaration that a reference leads to; undefined for one outside the SDK. */
  target(type) {
    return typeof type.target === "number" ? this.#byId.get(type.target) : this.#byName.get(type.name);
  }

  /** The properties of a declaration, inherited ones included, in the order of the source, if TypeDoc keeps it. */
  properties(declaration) {
    return (declaration.children ?? []).filter(({ kind }) => kind === PROPERTY);
  }
}

/** TypeDoc's number for a property of an interface or class. */
const PROPERTY = 1024;

/** A comment's parts as Markdown; links become code. */
export function markdown(parts = []) {
  return parts
    .map(({ kind, tag, text }) => (kind === "inline-tag" && tag === "@link" ? `\`${text}\`` : text))
    .join("")
    .replace(/([^\n])\n(?=[^\n])/g, "$1 ")
    .trim();
}

/** The summary of a declaration, then its default and its page of the API. */
export function description(declaration) {
  const comment = declaration.comment ?? declaration.signatures?.[0]?.comment ?? {};
  const tag = (name) => (comment.blockTags ?? []).filter((block) => block.tag === name).map(({ content }) => content);
  const text = [markdown(comment.summary)];
  for (const content of tag("@default")) text.push(`Default: ${unfenced(content)}.`);
  for (const content of tag("@example")) {
    const example = unfenced(content);
    if (isLiteral(example)) text.push(`Example: \`${example}\`.`);
  }
  for (const content of tag("@see")) text.push(`See ${markdown(content)}.`);
  return reworded(text.join("\n\n"));
}

/** Whether the declaration is deprecated, and why. */
export function deprecation(declaration) {
  const block = (declaration.comment?.blockTags ?? []).find(({ tag }) => tag === "@deprecated");
  return block && reworded(markdown(block.content));
}

function unfenced(content) {
  return content
    .map(({ text }) => text)
    .join("")
    .replace(/^```\w*\n|\n```$/g, "")
    .trim();
}

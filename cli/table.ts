import Table from "cli-table3";
import type { AdoptedResource } from "./adoption";

/** The table's maximal width in columns. */
const WIDTH = 100;

const HEAD = ["resource", "name", "id", "in GitLab", "lacks"];

/** The warning that another stack may manage the objects. */
const OTHER_OWNERS =
  "Another Pulumi stack, or Terraform, may already manage some of these. GitLab does not record this, so the table cannot show it. Two owners delete each other's objects: adopt only what nothing else manages.";

const TOKENS =
  'GitLab shows the secret of a token once, when it is created: `token` of an adopted one is undefined. Adopted tokens keep working in their clusters. Do not change `rotationTriggers` or another input of a token that its cluster still uses: the change revokes it in the same update, and only what uses `token` in that update is moved to the new token. Instead declare a second AgentToken, move the cluster to it, then remove the adopted one: docs/replacement.md of this package, "Consumers outside the update".';

const KEYS =
  "GitLab never shows the client key of an mTLS configuration: set `clientKey` before a change replaces one of these:";

/** The resources to adopt as a table for the terminal, with the warnings about them. */
export function adoptionTable(resources: readonly AdoptedResource[], notes: readonly string[]): string {
  if (resources.length === 0) return ["There is nothing to adopt.", ...notes].join("\n");
  const rows = resources.map((each) => [each.kind, each.name, each.id, inGitLab(each), lacking(each)]);
  const of = (kind: AdoptedResource["kind"]) => resources.filter((each) => each.kind === kind);
  const total = `${plural(of("ClusterAgent").length, "agent")}, ${plural(of("AgentToken").length, "token")}, ${plural(of("ReceptiveUrlConfig").length, "URL configuration")}.`;
  const lacks = (kind: AdoptedResource["kind"]) => of(kind).filter(({ lost }) => lost !== undefined);
  const keyless = lacks("ReceptiveUrlConfig");
  return [
    fittingTable(rows),
    total,
    OTHER_OWNERS,
    ...(lacks("AgentToken").length === 0 ? [] : [TOKENS]),
    ...(keyless.length === 0 ? [] : [`${KEYS} ${keyless.map(({ name }) => name).join(", ")}.`]),
    ...notes,
  ].join("\n");
}

/** The rows in a table of at most {@link WIDTH} columns: if they need more, the widest columns are wrapped. */
function fittingTable(rows: readonly string[][]): string {
  const plain = drawn(rows);
  // The upper edge has one character for each column of the terminal, whatever the width of the letters below it.
  const edge = plain.slice(0, plain.indexOf("\n"));
  const widths = edge
    .slice(1, -1)
    .split("┬")
    .map(({ length }) => length);
  let excess = edge.length - WIDTH;
  if (excess <= 0) return plain;
  for (; excess > 0; excess--) {
    const widest = widths.indexOf(Math.max(...widths));
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return drawn(
    rows.map((row) => row.map((cell, column) => folded(cell, (widths[column] ?? WIDTH) - 2))),
    widths,
  );
}

function drawn(rows: readonly string[][], colWidths?: number[]): string {
  const style = { head: [], border: [] };
  const table = new Table({
    head: HEAD,
    style,
    ...(colWidths && { colWidths, wordWrap: true, wrapOnWordBoundary: false }),
  });
  table.push(...rows.map((row) => [...row]));
  return table.toString();
}

/** Text in lines of at most `width` characters, broken after a space, a slash or a colon, or else after a hyphen, if possible. */
function folded(text: string, width: number): string {
  const lines =
    text.match(new RegExp(`.{1,${width}}$|.{0,${width - 1}}[ /:]|.{0,${width - 1}}-|.{1,${width}}`, "gu")) ?? [];
  return lines.map((line) => line.trimEnd()).join("\n");
}

/** What GitLab does not return, so that the adopted resource lacks it. */
function lacking({ kind, lost }: AdoptedResource): string {
  if (lost === undefined) return "";
  return kind === "AgentToken" ? "secret" : "client key";
}

function inGitLab({ kind, outputs }: AdoptedResource): string {
  if (kind === "ReceptiveUrlConfig") return String(outputs["url"]);
  return `"${String(outputs["name"])}", since ${String(outputs["createdAt"]).slice(0, 10)}`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

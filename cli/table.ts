import Table from "cli-table3";
import type { AdoptedResource } from "./adoption";

/** What would be adopted, as a table for the terminal, and what has to be known about it. */
export function adoptionTable(resources: readonly AdoptedResource[], notes: readonly string[]): string {
  if (resources.length === 0) return ["There is nothing to adopt.", ...notes].join("\n");
  const table = new Table({
    head: ["resource", "name", "id", "in GitLab", "cannot be recovered"],
    style: { head: [], border: [] },
  });
  for (const { kind, name, id, outputs, lost } of resources) {
    table.push([kind, name, id, inGitLab(kind, outputs), lost ?? ""]);
  }
  const count = (kind: AdoptedResource["kind"]) => resources.filter((each) => each.kind === kind).length;
  const total = `${plural(count("ClusterAgent"), "agent")}, ${plural(count("AgentToken"), "token")}, ${plural(count("ReceptiveUrlConfig"), "URL configuration")}.`;
  const tokens =
    count("AgentToken") === 0
      ? []
      : [
          "GitLab shows the secret of a token once, when it is created. Adopted tokens go on working in their clusters, and Pulumi can revoke them; to have a secret in Pulumi, change `rotationTriggers`, which creates a new token.",
        ];
  return [table.toString(), total, ...tokens, ...notes].join("\n");
}

function inGitLab(kind: AdoptedResource["kind"], outputs: Record<string, unknown>): string {
  if (kind === "ReceptiveUrlConfig") return String(outputs["url"]);
  return `"${String(outputs["name"])}", since ${String(outputs["createdAt"]).slice(0, 10)}`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

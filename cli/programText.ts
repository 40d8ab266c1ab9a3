import type { AdoptedResource } from "./adoption";
import { variableName } from "./resourceNames";

const REMARKS: Partial<Record<AdoptedResource["kind"], string>> = {
  AgentToken:
    "GitLab shows a token's secret once: `token` is undefined here. A change revokes this token in the same update, even if a\n// cluster still uses it: declare a second AgentToken, move the cluster to it, then remove this one.",
  ReceptiveUrlConfig: "GitLab never shows the client key: set `clientKey` before a change replaces this.",
};

/** The text of a TypeScript program that declares exactly these resources. */
export function programText(resources: readonly AdoptedResource[]): string {
  const kinds = [...new Set(resources.map(({ kind }) => kind))].sort();
  const taken = new Set<string>();
  const variables = new Map<string, string>();
  const owners = new Set(resources.map(({ of }) => of));
  for (const { kind, name } of resources) {
    if (kind === "ClusterAgent" && owners.has(name)) {
      variables.set(name, variableName(name, taken));
    }
  }
  const statements = resources.map((resource) => statement(resource, variables));
  return [
    `import { ${kinds.join(", ")} } from "pulumi-gitlab-agent";`,
    "",
    "// Written by `pulumi-gitlab-agent adopt`. Run it after `pulumi import` of the file that was written with it.",
    "",
    statements.join("\n\n"),
    "",
  ].join("\n");
}

function statement({ kind, name, inputs, lost, of }: AdoptedResource, variables: Map<string, string>): string {
  const agent = of === undefined ? undefined : variables.get(of);
  const lines = Object.entries(inputs).map(([key, value]) =>
    agent !== undefined && (key === "project" || key === "agentId")
      ? `  ${key}: ${agent}.${key},`
      : `  ${key}: ${literal(value)},`,
  );
  const variable = kind === "ClusterAgent" ? variables.get(name) : undefined;
  const remark = lost === undefined || REMARKS[kind] === undefined ? "" : `// ${REMARKS[kind]}\n`;
  const constant = variable === undefined ? "" : `const ${variable} = `;
  return `${remark}${constant}new ${kind}(${JSON.stringify(name)}, {\n${lines.join("\n")}\n});`;
}

/** A value as a TypeScript literal: text with several lines, such as a certificate, on several lines. */
function literal(value: unknown): string {
  const text = JSON.stringify(value);
  if (typeof value !== "string" || !value.includes("\n") || /[`$\\]|[^\n\x20-\x7e]/.test(value)) return text;
  return `\`${value}\``;
}

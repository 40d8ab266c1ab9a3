import type { AdoptedResource } from "../adoption";
import { camelCase, declarations, namesIn, ORIGIN, OutputOf, type Declaration, type Naming } from "./declarations";
import { isBlock, literal } from "./literals";

const NAMING: Naming = {
  style: camelCase,
  reserved: namesIn(
    "await break case catch class const continue debugger default delete do else enum export extends false finally for " +
      "function if implements import in instanceof interface let new null package private protected public return static " +
      "super switch this throw true try typeof var void while with yield arguments eval undefined " +
      "AgentToken ClusterAgent ReceptiveUrlConfig exports require module",
  ),
};

/** A TypeScript program that declares exactly these resources, as dynamic resources. */
export function typescriptProgram(resources: readonly AdoptedResource[]): string {
  const kinds = [...new Set(resources.map(({ kind }) => kind))].sort();
  return [
    `import { ${kinds.join(", ")} } from "pulumi-gitlab-agent";`,
    "",
    `// ${ORIGIN}`,
    "",
    declarations(resources, NAMING).map(statement).join("\n\n"),
    "",
  ].join("\n");
}

function statement({ kind, name, variable, inputs, remark }: Declaration): string {
  const lines = inputs.map(([key, value]) => `  ${key}: ${expression(value)},\n`).join("");
  const constant = variable === undefined ? "" : `const ${variable} = `;
  const comment = remark.map((line) => `// ${line}\n`).join("");
  return `${comment}${constant}new ${kind}(${literal(name)}, {\n${lines}});`;
}

function expression(value: unknown): string {
  if (value instanceof OutputOf) return `${value.variable}.${value.output}`;
  return isBlock(value) ? `\`${value}\`` : literal(value);
}

import type { AdoptedResource } from "../adoption";
import { declarations, namesIn, ORIGIN, OutputOf, snakeCase, type Declaration, type Naming } from "./declarations";
import { isBlock, literal } from "./literals";

const NAMING: Naming = {
  style: snakeCase,
  reserved: namesIn(
    "and as assert async await break class continue def del elif else except finally for from global if import in is " +
      "lambda nonlocal not or pass raise return try while with yield match case type print gitlab_agent pulumi",
  ),
};

/** A Python program that declares exactly these resources, by the plugin's SDK. */
export function pythonProgram(resources: readonly AdoptedResource[]): string {
  return [
    "import pulumi_gitlab_agent as gitlab_agent",
    "",
    `# ${ORIGIN}`,
    "",
    declarations(resources, NAMING).map(statement).join("\n\n"),
    "",
  ].join("\n");
}

function statement({ kind, name, variable, inputs, remark }: Declaration): string {
  const lines = inputs.map(([key, value]) => `    ${argument(key)}=${expression(value)},\n`).join("");
  const assigned = variable === undefined ? "" : `${variable} = `;
  const comment = remark.map((line) => `# ${line}\n`).join("");
  return `${comment}${assigned}gitlab_agent.${kind}(\n    ${literal(name)},\n${lines})`;
}

function expression(value: unknown): string {
  if (value instanceof OutputOf) return `${value.variable}.${argument(value.output)}`;
  return isBlock(value) ? `"""${value}"""` : literal(value);
}

/** `clientCert` as `client_cert`. */
function argument(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

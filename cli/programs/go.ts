import type { AdoptedResource } from "../adoption";
import { camelCase, declarations, namesIn, ORIGIN, OutputOf, type Declaration, type Naming } from "./declarations";
import { isBlock, literal } from "./literals";

/** The path of the plugin's SDK for Go, as its generator writes it. */
export const GO_PACKAGE = "gitlab.com/pulumi-gitlab-agent/pulumi-gitlab-agent/sdk/go/gitlabagent";

const NAMING: Naming = {
  style: camelCase,
  reserved: namesIn(
    "break case chan const continue default defer else fallthrough for func go goto if import interface map package range " +
      "return select struct switch type var nil true false string int error any main init adopted ctx err pulumi gitlabagent",
  ),
};

/** A Go program that declares exactly these resources, by the plugin's SDK. */
export function goProgram(resources: readonly AdoptedResource[]): string {
  const declared = declarations(resources, NAMING);
  return `// ${ORIGIN}
package main

import (
\t"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
\t"${GO_PACKAGE}"
)

// In a program that has its own main function, remove this one and call adopted there.
func main() {
\tpulumi.Run(adopted)
}

func adopted(ctx *pulumi.Context) error {
${declared.map((each) => statement(each)).join("\n")}
\treturn nil
}
`;
}

function statement({ kind, name, variable, inputs, remark }: Declaration): string {
  const comment = remark.map((line) => `\t// ${line}\n`).join("");
  const rows = aligned(inputs.map(([key, value]) => [`${field(key)}:`, `${expression(value)},`]));
  const call = (indent: string) =>
    `gitlabagent.New${kind}(ctx, ${literal(name)}, &gitlabagent.${kind}Args{\n` +
    `${rows.map((row) => `${indent}\t${row}\n`).join("")}${indent}})`;
  if (variable === undefined) return `${comment}\tif _, err := ${call("\t")}; err != nil {\n\t\treturn err\n\t}`;
  return `${comment}\t${variable}, err := ${call("\t")}\n\tif err != nil {\n\t\treturn err\n\t}`;
}

/** Keys and values as gofmt aligns them: a value of several lines is not aligned, and begins a new group. */
function aligned(rows: readonly [key: string, value: string][]): string[] {
  const groups: [string, string][][] = [[]];
  for (const row of rows) {
    if (row[1].includes("\n")) groups.push([row], []);
    else groups.at(-1)?.push([...row]);
  }
  return groups.flatMap((group) => {
    const width = Math.max(...group.map(([key]) => key.length));
    return group.map(([key, value]) => `${key.padEnd(width)} ${value}`);
  });
}

function expression(value: unknown): string {
  if (value instanceof OutputOf) return `${value.variable}.${field(value.output)}`;
  if (typeof value === "number") return `pulumi.Int(${value})`;
  return `pulumi.String(${isBlock(value) ? `\`${value}\`` : literal(value)})`;
}

/** `clientCert` as `ClientCert`. */
function field(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

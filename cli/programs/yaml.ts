import { Document, isScalar, Scalar, visit } from "yaml";
import type { AdoptedResource } from "../adoption";
import { camelCase, declarations, ORIGIN, OutputOf, type Naming } from "./declarations";
import { escapeInvisible, INVISIBLE } from "./literals";

/** `pulumi` names the settings of the program's own run, in every expression. */
const NAMING: Naming = { style: camelCase, reserved: new Set(["pulumi"]) };

/** A YAML program that declares exactly these resources, by the plugin's types. */
export function yamlProgram(resources: readonly AdoptedResource[]): string {
  const declared = declarations(resources, NAMING, true);
  const entries = declared.map(({ kind, name, variable, inputs }) => {
    const properties = Object.fromEntries(inputs.map(([key, value]) => [key, expression(value)]));
    return [variable, { type: `gitlab-agent:${kind}`, ...(variable === name ? {} : { name }), properties }];
  });
  const document = new Document({ resources: Object.fromEntries(entries) as object });
  document.commentBefore = ` ${ORIGIN}`;
  declared.forEach(({ variable, remark }) => {
    const key = document.getIn(["resources"]) as { items: { key: Scalar }[] };
    const found = key.items.find((item) => item.key.value === variable);
    if (found !== undefined && remark.length > 0) found.key.commentBefore = remark.map((line) => ` ${line}`).join("\n");
  });
  visit(document, {
    Scalar(_, node) {
      if (isScalar(node) && typeof node.value === "string" && node.value.search(INVISIBLE) >= 0) {
        node.type = Scalar.QUOTE_DOUBLE;
      }
    },
  });
  return escapeInvisible(document.toString({ lineWidth: 0 }));
}

/** A dollar sign would begin an expression of Pulumi's YAML: twice, it stands for itself. */
function expression(value: unknown): unknown {
  if (value instanceof OutputOf) return `\${${value.variable}.${value.output}}`;
  return typeof value === "string" ? value.replaceAll("$", "$$$$") : value;
}

import { description } from "./reflections.mjs";
import { optional } from "./types.mjs";

const NAME = "AgentInstallation";

/** Arguments that decide which children there are: they cannot be outputs. */
const PLAIN = ["awaitConnection", "createNamespace"];

/**
 * Outputs that are resources of Pulumi's Kubernetes SDK. Programs in other languages get their names: the type of such a resource would
 * make each generated SDK depend on Pulumi's Kubernetes SDK of that language.
 */
const NAMED = {
  secret: {
    name: "secretName",
    description:
      'The name of the Kubernetes Secret with the token. A new token creates a new Secret.\n\nExample: `"production-token-21"`.',
  },
  release: { name: "releaseName", description: 'The name of the Helm release.\n\nExample: `"production"`.' },
};

/** The component's part of the schema, from its class and the arguments of its constructor. */
export function component(reflections, types) {
  const declaration = reflections.named(NAME);
  const outputs = reflections.properties(declaration);
  const inputs = reflections.properties(reflections.named(`${NAME}Args`));
  const output = (property) => {
    const named = NAMED[property.name];
    if (named === undefined) return [property.name, types.property(property)];
    return [named.name, { type: "string", description: named.description }];
  };
  const input = (property) => [
    property.name,
    { ...types.property(property), ...(PLAIN.includes(property.name) ? { plain: true } : {}) },
  ];
  return {
    token: `gitlab-agent:kubernetes:${NAME}`,
    resource: {
      isComponent: true,
      description: description(declaration),
      properties: Object.fromEntries(outputs.map(output)),
      required: outputs.filter((property) => !optional(property)).map((property) => output(property)[0]),
      inputProperties: Object.fromEntries(inputs.map(input)),
      requiredInputs: inputs.filter((property) => !optional(property)).map(({ name }) => name),
    },
  };
}

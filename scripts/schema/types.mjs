import { deprecation, description } from "./reflections.mjs";

/** Numbers that are always whole ones: ids and counts. Seconds and days may have a fraction. */
const COUNTED = /^id$|Id$|^max|^replicas$/;

/** Names of object types whose own name would collide with a generated one, or is too general. */
const NAMES = {
  GetClusterAgentResult: "GetClusterAgentsAgent",
  GetAgentTokensResult: "GetAgentTokensToken",
  GetReceptiveUrlConfigResult: "GetReceptiveUrlConfigsUrlConfiguration",
  Gitlab: "GetKasGitLab",
};

/** Object types of the component's module. Generated SDKs add `Args` to the names of inputs. */
const COMPONENT = { ReceptiveAgentArgs: "ReceptiveAgent", Tls: "ReceptiveAgentTls" };

/** Members of object types that are always secret. */
const SECRETS = { ReceptiveAgentArgs: ["clientKey", "stringData"], Tls: ["key"] };

/** TypeDoc's number for a class. */
const CLASS = 128;

/** Turns TypeScript's types into those of Pulumi's schema, and collects the object types that they name. */
export class SchemaTypes {
  /** Named object types by their tokens. */
  collected = {};

  constructor(reflections) {
    this.reflections = reflections;
  }

  /** The schema of a property. */
  property(declaration, secret = false) {
    return {
      ...this.type(declaration.type, declaration.name, description(declaration)),
      description: description(declaration),
      ...(secret ? { secret: true } : {}),
      ...(deprecation(declaration) ? { deprecationMessage: deprecation(declaration) } : {}),
    };
  }

  /** An object type's properties, and which of them are always there. */
  object(declaration, secrets = []) {
    const properties = this.reflections.properties(declaration);
    const each = (property) => [property.name, this.property(property, secrets.includes(property.name))];
    return {
      properties: Object.fromEntries(properties.map(each)),
      required: properties.filter((property) => !optional(property)).map(({ name }) => name),
    };
  }

  /** @param said the description of the property that has the type: used for a type without a name of its own */
  type(type, name, said) {
    const inner = unwrapped(type);
    switch (inner.type) {
      case "intrinsic":
        if (inner.name === "number") return { type: COUNTED.test(name) ? "integer" : "number" };
        if (inner.name === "any" || inner.name === "unknown") return { $ref: "pulumi.json#/Any" };
        return { type: inner.name };
      case "array":
        return { type: "array", items: this.type(inner.elementType, name) };
      case "union":
        return this.#union(inner, name);
      case "reflection":
        return this.#named(capitalized(name), inner.declaration, said);
      case "reference":
        return this.#reference(inner, name);
      default:
        throw new Error(`the schema has no type for ${name}: ${JSON.stringify(inner).slice(0, 200)}`);
    }
  }

  #union({ types }, name) {
    // Objects of Pulumi's Kubernetes SDK are given by name.
    const known = types.filter(({ name, package: from }) => name !== "undefined" && from !== "@pulumi/kubernetes");
    if (known.length === 1) return this.type(known[0], name);
    // A project is digits or a path; GitLab's states are words.
    if (known.every((type) => type.type === "literal" || ["string", "number"].includes(type.name))) {
      return { type: "string" };
    }
    throw new Error(`the schema has no type for the union of ${name}`);
  }

  #reference(type, name) {
    if (type.name === "Record") return { type: "object", additionalProperties: this.type(type.typeArguments[1], name) };
    const target = this.reflections.target(type);
    if (target === undefined) throw new Error(`the type ${type.name} of ${name} is not exported`);
    // A resource of the program, passed as it is.
    if (target.kind === CLASS) return { $ref: `#/resources/gitlab-agent:index:${target.name}` };
    return target.children === undefined ? this.type(target.type, name) : this.#named(target.name, target);
  }

  /**
   * An object type under its own name. The results of functions get another name as items of a list: generated SDKs call the
   * result of a function by the name that TypeScript has for it.
   */
  #named(title, declaration, said = description(declaration)) {
    const ofComponent = COMPONENT[title];
    const token = ofComponent
      ? `gitlab-agent:kubernetes:${ofComponent}`
      : `gitlab-agent:index:${NAMES[title] ?? title}`;
    this.collected[token] ??= { type: "object", description: said, ...this.object(declaration, SECRETS[title]) };
    return { $ref: `#/types/${token}` };
  }
}

/** Whether a value may be missing. */
export function optional(declaration) {
  if (declaration.flags?.isOptional) return true;
  const inner = unwrapped(declaration.type);
  return inner.type === "union" && inner.types.some((type) => type.name === "undefined");
}

/** The type inside Input, Output and Promise, and the wider one of a conditional type. */
export function unwrapped(type) {
  // The token's secret, which an imported token lacks: the wider of the two types holds for both.
  if (type.type === "conditional") return type.falseType;
  const wrapper = type.type === "reference" && ["Input", "Output", "OutputInstance", "Promise"].includes(type.name);
  return wrapper ? unwrapped(type.typeArguments[0]) : type;
}

function capitalized(name) {
  return name[0].toUpperCase() + name.slice(1);
}

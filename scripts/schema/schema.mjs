import { readFileSync } from "node:fs";
import path from "node:path";
import { repository } from "../setup/cache.mjs";
import { component } from "./component.mjs";
import { description } from "./reflections.mjs";
import { expectAllMet } from "./words.mjs";
import { optional, SchemaTypes, unwrapped } from "./types.mjs";

/** Properties that are always secret. */
const SECRETS = { AgentToken: ["token"], ReceptiveUrlConfig: ["clientKey"], Provider: ["token", "headers"] };

/** Inputs whose change alone does not replace the resource. */
const KEPT = { AgentConnection: ["timeout"], AgentToken: ["rotateAfterDays"] };

/** Functions return lists as objects: the name of the member with the items. */
const LISTS = { getClusterAgents: "agents", getAgentTokens: "tokens", getReceptiveUrlConfigs: "urlConfigurations" };
const LISTED = {
  agents: "The agents of the project, over all pages.",
  tokens: "The active tokens of the agent, over all pages.",
  urlConfigurations: "The URL configurations of the agent: none or one.",
};

const RESOURCES = ["ClusterAgent", "AgentToken", "ReceptiveUrlConfig", "AgentConnection"];
const FUNCTIONS = [
  ...["getClusterAgent", "getClusterAgents", "getAgentToken", "getAgentTokens"],
  ...["getReceptiveUrlConfig", "getReceptiveUrlConfigs", "getKas"],
];

/** The inputs that select the list of a kind's objects (`pulumi do gitlab-agent:ClusterAgent list`). */
const LISTED_BY = {
  ClusterAgent: ["project"],
  AgentToken: ["project", "agentId"],
  ReceptiveUrlConfig: ["project", "agentId"],
};

/** The Go package of the main module. */
const GO = "gitlab.com/pulumi-gitlab-agent/pulumi-gitlab-agent/sdk/go/gitlabagent";

const token = (name) => `gitlab-agent:index:${name}`;

/** The package's schema, from TypeDoc's data about the SDK. */
export function packageSchema(reflections) {
  const types = new SchemaTypes(reflections);
  const provider = settings(reflections, types);
  const resources = Object.fromEntries(RESOURCES.map((name) => [token(name), resource(name, reflections, types)]));
  const installation = component(reflections, types);
  resources[installation.token] = {
    ...installation.resource,
    description: withExample("AgentInstallation", installation.resource.description),
  };
  const functions = Object.fromEntries(FUNCTIONS.map((name) => [token(name), lookup(name, reflections, types)]));
  const schema = {
    ...metadata(),
    config: { variables: provider },
    provider: {
      description: withExample("Provider", description(reflections.named("Provider"))),
      inputProperties: provider,
      properties: provider,
    },
    types: types.collected,
    resources,
    functions,
  };
  expectAllMet();
  return schema;
}

function settings(reflections, types) {
  return Object.fromEntries(
    reflections.properties(reflections.named("ProviderArgs")).map((property) => {
      // The plugin reads the environment itself; as defaults of the schema these values would be stored in the state.
      return [property.name, types.property(property, SECRETS.Provider.includes(property.name))];
    }),
  );
}

function resource(name, reflections, types) {
  const secrets = SECRETS[name] ?? [];
  const outputs = reflections.properties(reflections.named(name));
  const inputs = reflections.properties(reflections.named(`${name}Args`));
  const each = (list) =>
    Object.fromEntries(
      list.map((property) => [property.name, types.property(property, secrets.includes(property.name))]),
    );
  const inputProperties = each(inputs);
  const listedBy = LISTED_BY[name];
  const listInputs = listedBy && {
    type: "object",
    properties: each(inputs.filter((property) => listedBy.includes(property.name))),
    required: listedBy,
  };
  for (const [input, value] of Object.entries(inputProperties)) {
    if (!(KEPT[name] ?? []).includes(input)) value.willReplaceOnChanges = true;
  }
  return {
    description: withExample(name, description(reflections.named(name))),
    properties: each(outputs),
    required: outputs.filter((property) => !optional(property)).map((property) => property.name),
    inputProperties,
    requiredInputs: inputs.filter((property) => !optional(property)).map((property) => property.name),
    ...(listInputs ? { listInputs } : {}),
    aliases: [{ type: `pulumi-nodejs:dynamic/gitlab:${name}` }],
  };
}

function lookup(name, reflections, types) {
  const [signature] = reflections.named(name).signatures;
  const [args] = signature.parameters.filter((parameter) => parameter.name === "args");
  const result = unwrapped(signature.type);
  const list = LISTS[name];
  const outputs = list
    ? {
        properties: { [list]: { ...types.type(result, name), description: LISTED[list] } },
        required: [list],
      }
    : types.object(reflections.target(result));
  return {
    description: withExample(name, description(reflections.named(name))),
    ...(args === undefined ? {} : { inputs: { type: "object", ...argumentsOf(args, name, reflections, types) } }),
    outputs: { type: "object", ...outputs },
  };
}

/** The arguments of a function. If a function has two forms, an argument that one of them lacks is optional. */
function argumentsOf({ type }, name, reflections, types) {
  const declaration = reflections.target(type) ?? reflections.named(capitalized(`${name}Args`));
  if (declaration.children !== undefined) return types.object(declaration);
  const forms = declaration.type.types.flatMap((part) => (part.type === "union" ? part.types : [part]));
  const properties = {};
  const required = new Map();
  for (const form of forms) {
    const members =
      form.declaration?.children ??
      reflections.properties(reflections.target(form) ?? reflections.named("GetClusterAgentsArgs"));
    for (const member of members) {
      const nothing = member.type.name === "undefined";
      if (!nothing) properties[member.name] = types.property(member);
      required.set(member.name, (required.get(member.name) ?? true) && !nothing && !optional(member));
    }
  }
  return { properties, required: [...required].filter(([, needed]) => needed).map(([member]) => member) };
}

/** A description with its YAML program, in the form of Pulumi's registry. */
function withExample(name, text) {
  const file = path.join(repository, "provider/doors/plugin/examples", `${name}.yaml`);
  const program = readFileSync(file, "utf8")
    .replace(/^#.*\n/gm, "")
    .trim();
  return `${text}\n\n{{% examples %}}\n## Example Usage\n\n{{% example %}}\n\n\`\`\`yaml\n${program}\n\`\`\`\n\n{{% /example %}}\n{{% /examples %}}`;
}

function metadata() {
  const {
    version,
    description: text,
    keywords,
    homepage,
    license,
    repository: home,
  } = JSON.parse(readFileSync(path.join(repository, "package.json"), "utf8"));
  const address = home.url.replace(/^git\+|\.git$/g, "");
  return {
    name: "gitlab-agent",
    displayName: "GitLab agent for Kubernetes",
    version,
    description: text,
    keywords: [
      ...keywords.filter((word) => !["dynamic-provider", "simulator"].includes(word)),
      "kind/native",
      "category/infrastructure",
    ],
    homepage: homepage.replace(/#.*$/, ""),
    license,
    repository: address,
    // As the repository serves it; a PNG, since NuGet takes no other. A release adds the download address (scripts/release.mjs).
    logoUrl: `${address}/-/raw/main/docs/registry/logo.png`,
    publisher: "pulumi-gitlab-agent",
    // The SDKs are as `pulumi package add` writes them, also by `pulumi package gen-sdk`: the version and go.mod included.
    meta: { moduleFormat: "(.*)(?:/[^/]*)?", supportPack: true },
    // Without these, each generator takes a name of Pulumi's own: a scope of npm, a prefix of NuGet, a group of Maven.
    language: {
      nodejs: { packageName: "pulumi-gitlab-agent-native", respectSchemaVersion: true },
      python: { packageName: "pulumi_gitlab_agent", respectSchemaVersion: true, pyproject: { enabled: true } },
      go: {
        importBasePath: GO,
        // The component's module names the main one after the plugin, which is no name in Go.
        packageImportAliases: { [`${GO}/gitlab-agent`]: "gitlabagent" },
        generateResourceContainerTypes: true,
        respectSchemaVersion: true,
      },
      csharp: { rootNamespace: "PulumiGitLab", namespaces: { "gitlab-agent": "Agent" }, respectSchemaVersion: true },
      java: { basePackage: "io.gitlab.pulumigitlabagent" },
    },
  };
}

function capitalized(name) {
  return name[0].toUpperCase() + name.slice(1);
}

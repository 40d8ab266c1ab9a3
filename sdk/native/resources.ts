import * as pulumi from "@pulumi/pulumi";
import schema from "../../provider/doors/plugin/schema.json";
import type { GitLabResources } from "../kubernetes/installation";
import type { GetKasOutput } from "../kubernetes/kasAddress";
import { permanent } from "../permanent";

/** The resources of an installation in GitLab. */
type Kind = Parameters<GitLabResources["otherType"]>[0];

const MODULE = "gitlab-agent:index:";

const OPTIONS = optionsOf(process.argv[3]);

/**
 * By which version and address of download the children ask for the plugin. The engine names a default provider after both, if the
 * program says them: a generated SDK does, a YAML program does not.
 */
function optionsOf(provider = ""): pulumi.CustomResourceOptions {
  const { version, pluginDownloadURL } = schema as { version: string; pluginDownloadURL?: string };
  const versioned = `default_${version.replaceAll(/[.+-]/g, "_")}`;
  if (!provider.startsWith(versioned)) return {};
  return provider === versioned || pluginDownloadURL === undefined ? { version } : { version, pluginDownloadURL };
}

/** A class as a generated SDK of the plugin has it: the outputs and secrets of the schema. */
function native(kind: Kind): unknown {
  const type = `${MODULE}${kind}` as const;
  const { properties } = schema.resources[type];
  const outputs = Object.fromEntries(Object.keys(properties).map((name) => [name, undefined])) as object;
  const additionalSecretOutputs = Object.entries(properties as Record<string, { secret?: boolean }>)
    .filter(([, { secret }]) => secret)
    .map(([name]) => name);
  return class extends pulumi.CustomResource {
    static readonly __pulumiType = type;
    constructor(name: string, args: object | undefined, opts: pulumi.CustomResourceOptions) {
      const secrets = additionalSecretOutputs.length > 0 ? { additionalSecretOutputs } : {};
      super(type, name, { ...outputs, ...args }, { ...opts, ...secrets, ...OPTIONS });
    }
  };
}

// Its result is known in a preview, since it changes nothing.
const getKasOutput: GetKasOutput = (opts) =>
  pulumi.runtime.invokeOutput(`${MODULE}getKas`, {}, { ...opts, ...OPTIONS });

/** The native plugin's resources and lookup, in the types of the dynamic ones, whose arguments and outputs they have. */
export const RESOURCES = {
  ClusterAgent: native("ClusterAgent"),
  AgentToken: native("AgentToken"),
  AgentConnection: native("AgentConnection"),
  ReceptiveUrlConfig: native("ReceptiveUrlConfig"),
  getKasOutput,
  otherType: (kind) => permanent(kind).type,
} as GitLabResources;

/** Makes resources of the program, which arrive as references, resources of this process with all their outputs. */
export function acceptReferences(): void {
  pulumi.runtime.registerResourceModule("gitlab-agent", "index", {
    construct(name: string, type: string, urn: string): pulumi.Resource {
      const kind = type.slice(MODULE.length) as Kind;
      // A reference has no arguments.
      return new RESOURCES[kind](name, undefined as never, { urn });
    },
  });
}

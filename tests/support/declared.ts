import * as pulumi from "@pulumi/pulumi";
import * as dynamic from "pulumi-gitlab-agent";
import schema from "../../provider/doors/plugin/schema.json";
import { isNative } from "./door";

type Kind = "ClusterAgent" | "AgentToken" | "AgentConnection" | "ReceptiveUrlConfig";

/** A class like that of a generated SDK of the plugin, with the outputs and aliases of the schema. */
function nativeClass(kind: Kind): unknown {
  const type = `gitlab-agent:index:${kind}` as const;
  const { properties, aliases } = schema.resources[type];
  const outputs = Object.keys(properties).map((name) => [name, undefined]);
  return class extends pulumi.CustomResource {
    static get(name: string, id: string, opts?: pulumi.CustomResourceOptions): pulumi.CustomResource {
      return new this(name, {}, { ...opts, id });
    }
    constructor(name: string, args: object, opts?: pulumi.CustomResourceOptions) {
      super(
        type,
        name,
        { ...(Object.fromEntries(outputs) as object), ...args },
        pulumi.mergeOptions(opts, { aliases }),
      );
    }
  };
}

const classOf = <K extends Kind>(kind: K) => (isNative() ? nativeClass(kind) : dynamic[kind]) as (typeof dynamic)[K];

/** Like {@link nativeClass}: an SDK marks the arguments that are secret in the schema. */
class NativeProvider extends pulumi.ProviderResource {
  constructor(name: string, { token, headers, ...args }: dynamic.ProviderArgs = {}, opts?: pulumi.ResourceOptions) {
    const secrets = { token: pulumi.secret(token), headers: pulumi.secret(headers) };
    super("gitlab-agent", name, { ...args, ...secrets }, opts);
  }
}

/** The explicit provider of the dynamic resources or of the native plugin. */
export const Provider = (isNative() ? NativeProvider : dynamic.Provider) as typeof dynamic.Provider;

/** The dynamic resources, or with {@link isNative} those of the native plugin. */
export const ClusterAgent = classOf("ClusterAgent");
export const AgentToken = classOf("AgentToken");
export const AgentConnection = classOf("AgentConnection");
export const ReceptiveUrlConfig = classOf("ReceptiveUrlConfig");

/** The inputs as the state has them: in the native plugin a project is a string. */
export function recordedInputs<T extends object>(inputs: T): T {
  const { project } = inputs as { project?: unknown };
  return isNative() && typeof project === "number" ? { ...inputs, project: String(project) } : inputs;
}

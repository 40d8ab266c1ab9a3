import * as pulumi from "@pulumi/pulumi";
import type { ConstructResult } from "@pulumi/pulumi/provider";
import type { AgentInstallationArgs } from "../kubernetes";
import { install, type Installation } from "../kubernetes/installation";
import { PERMANENT_COMPONENT } from "../permanent";
import { argumentsOf } from "./arguments";
import { RESOURCES } from "./resources";

/** The component with the native plugin's resources. Type and names are those of the TypeScript component, so a stack can move over. */
class AgentInstallation extends pulumi.ComponentResource {
  readonly children: Installation;

  constructor(name: string, args: AgentInstallationArgs, opts: pulumi.ComponentResourceOptions) {
    super(PERMANENT_COMPONENT, name, {}, opts);
    this.children = install(this, name, args, RESOURCES);
    this.registerOutputs(this.outputs);
  }

  /** What programs read. The Kubernetes objects are given by name, since not every program has a Kubernetes SDK. */
  get outputs(): pulumi.Inputs {
    const { agent, token, connection, urlConfig, namespace, secret, release } = this.children;
    return {
      agent,
      token,
      connection,
      urlConfig,
      namespace,
      secretName: secret.metadata.name,
      releaseName: release.name,
    };
  }
}

/** Creates a component for a program in any language. */
export async function construct(
  name: string,
  type: string,
  inputs: pulumi.Inputs,
  options: pulumi.ComponentResourceOptions,
): Promise<ConstructResult> {
  if (type !== PERMANENT_COMPONENT) throw new Error(`The plugin gitlab-agent has no component ${type}.`);
  const component = new AgentInstallation(name, await argumentsOf(name, inputs), options);
  return { urn: component.urn, state: component.outputs };
}

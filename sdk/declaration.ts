import * as pulumi from "@pulumi/pulumi";
import { permanent } from "./permanent";

/** What our constructors pass to `pulumi.CustomResource`. */
export interface Declaration {
  props: pulumi.Inputs;
  opts: pulumi.CustomResourceOptions;
}

/**
 * Builds the arguments with which a resource is registered.
 *
 * - Every output is listed as undefined, or it would never exist. The program's arguments follow, so that check sees and refuses
 *   an argument with the name of an output.
 * - The arguments are copied, never changed: a program may use one object for several resources.
 * - `import` is removed from the options, since the engine cannot import with a dynamic provider. The id becomes
 *   an input instead, and creation reads the existing object.
 */
export function declare(
  resource: string,
  args: object | undefined,
  outputs: readonly string[],
  opts: pulumi.CustomResourceOptions | undefined,
  secrets: readonly string[] = [],
): Declaration {
  const { import: importId, ...rest } = opts ?? {};
  return {
    props: {
      ...Object.fromEntries(outputs.map((name) => [name, undefined])),
      ...args,
      ...(importId === undefined ? {} : { importId }),
      __provider: permanent(resource).provider,
    },
    opts:
      secrets.length === 0
        ? rest
        : { ...rest, additionalSecretOutputs: [...(rest.additionalSecretOutputs ?? []), ...secrets] },
  };
}

/**
 * Sets a resource's name in GitLab: the given one, or the resource's own. The result also says whether the name is the default, so that
 * a resource that is renamed in the program with an alias keeps its object and the object's name. An output may turn out to be
 * undefined.
 */
export function named<Args extends { name?: pulumi.Input<string> }>(
  args: Args | undefined,
  resourceName: string,
): Args {
  const given = args?.name as pulumi.Input<string | null | undefined> | undefined;
  if (given == null) return { ...args, name: resourceName, __auto: true } as unknown as Args;
  if (typeof given === "string") return { ...args } as Args;
  const known = pulumi.output(given);
  return {
    ...args,
    name: known.apply((name) => name ?? resourceName),
    __auto: known.apply((name) => (name == null ? true : undefined)),
  } as unknown as Args;
}

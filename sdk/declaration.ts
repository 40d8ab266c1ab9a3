import * as pulumi from "@pulumi/pulumi";
import { PERMANENT } from "./permanent";

type Kind = keyof typeof PERMANENT;

/** What a constructor of ours hands to `pulumi.CustomResource`. */
export interface Declaration {
  props: pulumi.Inputs;
  opts: pulumi.CustomResourceOptions;
}

/**
 * Puts together what the engine is told of a resource.
 *
 * - Every output is named, as undefined, or it would never exist. A program's own arguments come after, so that an argument
 *   which bears the name of an output is seen, and refused, by check.
 * - The arguments are copied, never changed: a program may use one object for several resources.
 * - `import` is taken out of the options: the engine hands a dynamic provider nothing to import by. The id goes along with
 *   the inputs instead, and creation reads what exists.
 */
export function declare(
  kind: Kind,
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
      __provider: PERMANENT[kind].provider,
    },
    opts:
      secrets.length === 0
        ? rest
        : { ...rest, additionalSecretOutputs: [...(rest.additionalSecretOutputs ?? []), ...secrets] },
  };
}

/**
 * The name that a resource bears in GitLab: as given, or the resource's own. That it is the default is told too, so that a
 * resource which is renamed in the program, with an alias, keeps its object and the name that this has in GitLab. An output may
 * turn out to give none.
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

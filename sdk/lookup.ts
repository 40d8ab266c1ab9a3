import * as pulumi from "@pulumi/pulumi";
import type { GitLabError } from "../provider/gitlab";
import type { LookupFault, Lookups } from "../provider/lookups";
import { coded } from "./coded";
import { connectionOf, open } from "./connection";
import { LookupError } from "./lookupError";

type Name = keyof Lookups;
type Result<N extends Name> = Awaited<ReturnType<Lookups[N]>>;

/** The plain form of a lookup: sends its request at once. */
export async function lookup<N extends Name>(
  name: N,
  args: object,
  opts: pulumi.InvokeOptions | undefined,
): Promise<Result<N>> {
  const connection = connectionOf(opts);
  return send(name, args, connection, connection.settings && known(connection.settings));
}

/**
 * The Output form of a lookup: sends its request when all arguments and settings are known. In a preview its result is unknown while
 * one of them is unknown, or while a resource that the arguments come from, or that `dependsOn` names, is still to be
 * created. A secret argument makes the result secret.
 */
export function lookupOutput<N extends Name>(
  name: N,
  args: pulumi.Input<pulumi.Inputs>,
  opts: pulumi.InvokeOutputOptions | undefined,
): pulumi.Output<Result<N>> {
  const connection = connectionOf(opts);
  const given = pulumi.output(args);
  return pulumi
    .all([given, connection.settings, ready(given, opts?.dependsOn)])
    .apply(([knownArgs, settings]): Promise<Result<N>> => send(name, knownArgs, connection, settings));
}

/** The settings of an explicit provider, by name. */
type Settings = Record<string, string>;

/** Lookups whose request may be running. */
const underWay = new Set<Promise<unknown>>();

async function send<N extends Name>(
  name: N,
  args: object,
  connection: ReturnType<typeof connectionOf>,
  settings: Settings | Promise<Settings> | undefined,
): Promise<Result<N>> {
  const sending = request(name, args, connection, settings);
  underWay.add(sending);
  try {
    return await sending;
  } catch (error) {
    underWay.delete(sending);
    if ((error as Partial<LookupError>).status === undefined) await untilOthersEnd();
    throw error;
  } finally {
    underWay.delete(sending);
  }
}

/**
 * A program awaits its outputs one after another. A lookup that fails at once, without a request, would be rejected long before
 * the program awaits it, and Node.js would warn of a rejection that was handled late.
 */
async function untilOthersEnd(): Promise<void> {
  await Promise.allSettled(underWay);
  await new Promise((resolve) => setImmediate(resolve));
}

/** Loads the lookups and the client here, so that programs without lookups do not load them. */
async function request<N extends Name>(
  name: N,
  args: object,
  connection: ReturnType<typeof connectionOf>,
  settings: Settings | Promise<Settings> | undefined,
): Promise<Result<N>> {
  try {
    const resolved = await settings;
    const { checkArguments, LOOKUP_ARGUMENTS, LOOKUPS } = await import("../provider/lookups");
    checkArguments(name, args, LOOKUP_ARGUMENTS[name]);
    const gitlab = await open(connection, resolved);
    return (await LOOKUPS[name](gitlab, args as never)) as Result<N>;
  } catch (error) {
    throw presentable(error);
  }
}

function presentable(error: unknown): unknown {
  if (error instanceof LookupError || !(error instanceof Error)) return error;
  const { status } = error as Partial<GitLabError>;
  const { notFound } = error as Partial<LookupFault>;
  return new LookupError(coded(error.message), {
    ...(status === undefined ? {} : { status }),
    ...(notFound ? { notFound } : {}),
  });
}

/** A setting of an explicit provider for a plain lookup, which cannot wait and cannot return an unknown. */
async function known<T>(output: pulumi.Output<T>): Promise<T> {
  const inner = output as unknown as { isKnown: Promise<boolean>; promise(): Promise<T> };
  if (await inner.isKnown) return inner.promise();
  throw new LookupError(
    coded(
      "A setting of the explicit provider is not known in this preview, since it comes from a resource that is still to be created. Use the `…Output` form of the lookup: its result is then unknown in the preview, too.",
    ),
  );
}

/** Known when every resource is created that the arguments come from or that `dependsOn` names. */
function ready(
  args: pulumi.Output<unknown>,
  dependsOn: pulumi.InvokeOutputOptions["dependsOn"],
): pulumi.Output<unknown> {
  const sources = pulumi.getAllResources(args).then((resources) => [...resources].filter(isCustom));
  const named = pulumi.output(dependsOn ?? []).apply((resources) => [resources].flat().flatMap(withChildren));
  return pulumi.all([pulumi.output(sources).apply(ids), named.apply(ids)]);
}

function ids(resources: pulumi.CustomResource[]): pulumi.Output<unknown> {
  // Resources that are only referenced by their URN have no id.
  return pulumi.all(resources.map((resource) => resource.id as pulumi.Output<string> | undefined));
}

function isCustom(resource: pulumi.Resource): resource is pulumi.CustomResource {
  return pulumi.CustomResource.isInstance(resource);
}

/** A resource, or the resources of a component. */
function withChildren(resource: pulumi.Resource): pulumi.CustomResource[] {
  if (isCustom(resource)) return [resource];
  const children = (resource as unknown as { __childResources?: Set<pulumi.Resource> }).__childResources ?? [];
  return [...children].flatMap(withChildren);
}

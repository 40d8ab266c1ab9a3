import * as pulumi from "@pulumi/pulumi";
import { coded } from "../coded";

/** Values of a Helm chart: plain, secret or still unknown, at any depth. */
export type Values = Record<string, unknown>;

/**
 * Merges values of a chart, such as a program's, into ours, at every depth: objects are merged, the other's list entries are appended
 * to ours, and all other values are the other's. `null` is a value: with it Helm removes a default.
 *
 * If one side is an output, only that branch becomes an output. So a secret makes only its branch secret, and an unknown hides only
 * its branch in a preview.
 *
 * @throws Error for `config.token` among the values, at once or when they become known: Helm stores values in plain text
 */
export function mergeValues(ours: Values, ...theirs: (pulumi.Input<Values> | undefined)[]): pulumi.Input<Values> {
  return withoutToken(theirs.reduce<unknown>(merge, ours)) as pulumi.Input<Values>;
}

function merge(ours: unknown, theirs: unknown): unknown {
  if (theirs === undefined) return ours;
  if (ours === undefined) return theirs;
  if (isEventual(ours) || isEventual(theirs)) {
    return outputOf([ours, theirs]).apply((known) => (known as unknown[]).reduce(merge));
  }
  if (Array.isArray(ours) && Array.isArray(theirs)) return [...(ours as unknown[]), ...(theirs as unknown[])];
  if (isPlainObject(ours) && isPlainObject(theirs)) {
    const keys = new Set([...Object.keys(ours), ...Object.keys(theirs)]);
    return Object.fromEntries([...keys].map((key) => [key, merge(ours[key], theirs[key])]));
  }
  return theirs;
}

/** Refuses `config.token` among the values, now or as soon as they are known. */
function withoutToken(values: unknown, place: readonly string[] = ["config", "token"]): unknown {
  if (isEventual(values)) return outputOf(values).apply((known) => withoutToken(known, place));
  const [key, ...deeper] = place;
  if (key === undefined) {
    if (values === undefined || values === null) return values;
    throw new pulumi.RunError(
      coded(
        "`values.config.token` is set for a GitLab agent, but the token is never a Helm value: Helm stores values in plain text in the release's history. Remove it: AgentInstallation creates the token and passes it to the chart in a Kubernetes Secret.",
      ),
    );
  }
  if (!isPlainObject(values) || !(key in values)) return values;
  return { ...values, [key]: withoutToken(values[key], deeper) };
}

function isEventual(value: unknown): boolean {
  return pulumi.Output.isInstance(value) || value instanceof Promise;
}

/** Any value of a chart, resolved with everything inside it. Pulumi's own types require more than is known here. */
function outputOf(value: unknown): pulumi.Output<unknown> {
  return pulumi.output(value as pulumi.Inputs);
}

function isPlainObject(value: unknown): value is Values {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Compares the constructor's name, since an object may come from another realm, such as a test's.
  return prototype === null || (prototype as object).constructor?.name === "Object";
}

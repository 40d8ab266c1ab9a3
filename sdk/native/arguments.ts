import * as pulumi from "@pulumi/pulumi";
import schema from "../../provider/doors/plugin/schema.json";
import { coded } from "../coded";
import type { AgentInstallationArgs, ReceptiveAgentArgs } from "../kubernetes";
import { PERMANENT_COMPONENT } from "../permanent";

const NAMES = Object.keys(schema.resources[PERMANENT_COMPONENT].inputProperties);

/**
 * The arguments of a component, as they arrive from a program in any language. What decides which children there are has to be known
 * now, in a preview too: `agent`, `receptive`, `awaitConnection` and `createNamespace`. Everything else may be an output.
 *
 * @throws RunError for an argument that does not exist, or that has the wrong form or is not known yet
 */
export async function argumentsOf(component: string, inputs: pulumi.Inputs): Promise<AgentInstallationArgs> {
  const given = Object.fromEntries(Object.entries(inputs).filter(([, value]) => value !== null && value !== undefined));
  const unknown = Object.keys(given).find((name) => !NAMES.includes(name));
  if (unknown !== undefined) {
    const known = NAMES.map((name) => `\`${name}\``).join(", ");
    throw new pulumi.RunError(
      coded(`\`${unknown}\` is not an argument of AgentInstallation "${component}". Its arguments are ${known}.`),
    );
  }
  const args: pulumi.Inputs = { ...given };
  const settle = async (name: string, isUsable: (value: unknown) => boolean, expected: string): Promise<void> => {
    if (given[name] === undefined) return;
    const { known, value } = await settled(given[name]);
    if (known && (value === null || value === undefined)) return void delete args[name];
    if (known && isUsable(value)) return void (args[name] = value);
    const why = known ? `which is not ${expected}` : "which is an output that is not known yet";
    throw new pulumi.RunError(
      coded(
        `AgentInstallation "${component}" is given \`${name}\`, ${why}. It decides what is created, in a preview too: give ${expected}.`,
      ),
    );
  };
  await settle(
    "agent",
    (value) => pulumi.CustomResource.isInstance(value),
    "an agent of the program, the resource itself",
  );
  for (const name of ["awaitConnection", "createNamespace"]) await settle(name, isBoolean, "true or false");
  await settle("receptive", isObject, "an object, whose members may be outputs");
  if (args["receptive"] !== undefined) args["receptive"] = await receptiveOf(args["receptive"] as pulumi.Inputs);
  return args;
}

/** Members that are null count as not given; `tls` has to be an object too. */
async function receptiveOf(given: pulumi.Inputs): Promise<ReceptiveAgentArgs> {
  const tls: unknown = given["tls"];
  const { known, value } = await settled(tls);
  const receptive: pulumi.Inputs = { ...given, tls: known ? value : tls };
  return Object.fromEntries(
    Object.entries(receptive).filter(([, member]) => member !== null && member !== undefined),
  ) as unknown as ReceptiveAgentArgs;
}

interface Settled {
  known: boolean;
  value?: unknown;
}

/**
 * A value that may be an output as a whole, since it comes from a resource or has a secret inside. The members of a secret object are
 * secret.
 */
async function settled(given: unknown): Promise<Settled> {
  if (!pulumi.Output.isInstance(given)) return { known: true, value: given };
  const output = given as unknown as {
    isKnown: Promise<boolean>;
    isSecret: Promise<boolean>;
    promise(): Promise<unknown>;
  };
  if (!(await output.isKnown)) return { known: false };
  const value = await output.promise();
  if (!(await output.isSecret) || !isObject(value)) return { known: true, value };
  return { known: true, value: Object.fromEntries(Object.entries(value).map(([name, each]) => [name, hidden(each)])) };
}

const hidden = (value: unknown): unknown => (value === null ? value : pulumi.secret(value));

const isBoolean = (value: unknown): boolean => typeof value === "boolean";

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !pulumi.Resource.isInstance(value);
}

import { InvokeResponse, type InvokeRequest } from "@pulumi/pulumi/proto/provider_pb";
import { gitLab } from "../../configuration";
import { isUnknown } from "../../inputs/properties";
import { checkArguments, LOOKUP_ARGUMENTS, LOOKUPS, type Lookups } from "../../lookups";
import { plain, sent } from "./wire";

type LookupName = keyof Lookups;

/** Lists are returned as objects: the name of the member with the items. */
const LISTS: Partial<Record<LookupName, string>> = {
  getClusterAgents: "agents",
  getAgentTokens: "tokens",
  getReceptiveUrlConfigs: "urlConfigurations",
};

/** Calls a function of the package, which reads existing objects and never returns secrets. */
export async function invoke(request: InvokeRequest): Promise<InvokeResponse> {
  const name = request.getTok().split(":").at(-1) ?? "";
  if (!isLookup(name)) {
    const known = Object.keys(LOOKUPS).join(", ");
    throw new Error(`The plugin gitlab-agent has no function ${request.getTok()}. Its functions are ${known}.`);
  }
  const args = plain(request.getArgs());
  // In a preview, an argument may come from a resource that is still to be created. Without a result the engine uses an unknown.
  if (isUnknown(args)) return new InvokeResponse();
  checkArguments(name, args, LOOKUP_ARGUMENTS[name]);
  const found: unknown = await LOOKUPS[name](gitLab(), args as never);
  const list = LISTS[name];
  return new InvokeResponse().setReturn(sent(list === undefined ? (found as object) : { [list]: found }));
}

function isLookup(name: string): name is LookupName {
  return Object.hasOwn(LOOKUPS, name);
}

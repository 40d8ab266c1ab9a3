import type { ServerWritableStream } from "@grpc/grpc-js";
import { ListResponse, type ListRequest } from "@pulumi/pulumi/proto/provider_pb";
import { gitLab } from "../../configuration";
import { formatId, type ProjectName } from "../../inputs/ids";
import { isUnknown, type Properties } from "../../inputs/properties";
import { checkArguments, LOOKUP_ARGUMENTS, LOOKUPS } from "../../lookups";
import { within } from "./engine";
import { failed, unimplemented } from "./errors";
import { plain } from "./wire";

/** An object in `pulumi do … list`: the id for its import, and its name. */
interface Listed {
  id: string;
  name: string;
}

/** The lookup that lists the objects of each type, and what is shown of them. */
const LISTINGS = {
  "gitlab-agent:index:ClusterAgent": {
    lookup: "getClusterAgents",
    shown: ({ agentId, name }: { agentId: number; name: string }, project: ProjectName) => ({
      id: formatId(project, agentId),
      name,
    }),
  },
  "gitlab-agent:index:AgentToken": {
    lookup: "getAgentTokens",
    shown: ({ agentId, tokenId, name }: { agentId: number; tokenId: number; name: string }, project: ProjectName) => ({
      id: formatId(project, agentId, tokenId),
      name,
    }),
  },
  "gitlab-agent:index:ReceptiveUrlConfig": {
    lookup: "getReceptiveUrlConfigs",
    shown: (
      { agentId, urlConfigurationId, url }: { agentId: number; urlConfigurationId: number; url: string },
      project: ProjectName,
    ) => ({ id: formatId(project, agentId, urlConfigurationId), name: url }),
  },
} as const;

/** Sends the objects of one kind of a project or an agent, up to the requested number. */
export function list(call: ServerWritableStream<ListRequest, ListResponse>): void {
  const { request } = call;
  const query = plain(request.getQuery());
  if (isUnknown(query)) {
    call.write(new ListResponse().setComputed(new ListResponse.Computed()));
    call.end();
    return;
  }
  void within({ urn: "" }, () => listed(request.getToken(), query)).then(
    (objects) => {
      const limit = request.getLimit() > 0 ? request.getLimit() : objects.length;
      for (const { id, name } of objects.slice(0, limit)) {
        call.write(new ListResponse().setResult(new ListResponse.Result().setId(id).setName(name)));
      }
      call.end();
    },
    (fault: unknown) => call.emit("error", failed(fault)),
  );
}

async function listed(type: string, query: Properties): Promise<Listed[]> {
  if (!Object.hasOwn(LISTINGS, type)) throw unimplemented(`List of ${type}`);
  const { lookup, shown } = LISTINGS[type as keyof typeof LISTINGS];
  checkArguments(lookup, query, LOOKUP_ARGUMENTS[lookup]);
  const found = await LOOKUPS[lookup](gitLab(), query as never);
  return found.map((object) => shown(object as never, query["project"] as ProjectName));
}

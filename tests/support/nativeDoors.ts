import type { dynamic } from "@pulumi/pulumi";
import type { ServiceError } from "@grpc/grpc-js";
import {
  CheckRequest,
  CreateRequest,
  DeleteRequest,
  DiffRequest,
  DiffResponse,
  ReadRequest,
  UpdateRequest,
  type CheckResponse,
  type CreateResponse,
  type ReadResponse,
  type UpdateResponse,
} from "@pulumi/pulumi/proto/provider_pb";
import type { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { partialFailure, struct, type ServedPlugin } from "./plugin";

/** The URN of a resource in the tests. */
export const urnOf = (type: string, name = "x") => `urn:pulumi:dev::test::gitlab-agent:index:${type}::${name}`;

const received = (properties: Struct | undefined) => (properties?.toJavaScript() ?? {}) as Record<string, unknown>;

/**
 * A resource of the native plugin with the methods of a dynamic resource, which use the engine's protocol. So one table of tests
 * covers both.
 */
export function nativeDoor(plugin: () => ServedPlugin, type: string): Required<dynamic.ResourceProvider> {
  const urn = urnOf(type);
  const call = async <Answer>(method: string, request: object): Promise<Answer> => {
    try {
      return await plugin().call<Answer>(method, request);
    } catch (fault) {
      const { details } = fault as ServiceError;
      throw Object.assign(new Error(details), partialFailure(fault as ServiceError));
    }
  };
  return {
    configure: () => Promise.reject(new Error("the plugin is configured as a whole")),
    async check(olds, news) {
      const request = new CheckRequest().setUrn(urn).setName("x").setOlds(struct(olds)).setNews(struct(news));
      const response = await call<CheckResponse>("check", request);
      const inputs = received(response.getInputs());
      const failures = response.getFailuresList().map((failure) => failure.toObject());
      return failures.length === 0 ? { inputs } : { inputs, failures };
    },
    async diff(id, olds, news) {
      const request = new DiffRequest().setUrn(urn).setId(id).setOlds(struct(olds)).setNews(struct(news));
      const response = await call<DiffResponse>("diff", request);
      const changes = response.getChanges() === DiffResponse.DiffChanges.DIFF_SOME;
      const replaces = response.getReplacesList();
      // The engine uses either list.
      const detailed = response
        .getDetaileddiffMap()
        .getEntryList()
        .map(([name]) => name);
      if (detailed.sort().join() !== [...replaces].sort().join()) throw new Error(`detailedDiff: ${detailed.join()}`);
      const deleteBeforeReplace = response.getDeletebeforereplace();
      return { changes, replaces, deleteBeforeReplace };
    },
    async create(inputs) {
      const request = new CreateRequest().setUrn(urn).setProperties(struct(inputs));
      const response = await call<CreateResponse>("create", request);
      return { id: response.getId(), outs: received(response.getProperties()) };
    },
    async read(id, props) {
      const request = new ReadRequest()
        .setUrn(urn)
        .setId(id)
        .setProperties(struct(props ?? {}));
      const response = await call<ReadResponse>("read", request);
      return response.getId() === "" ? {} : { id: response.getId(), props: received(response.getProperties()) };
    },
    async update(id, olds, news) {
      const request = new UpdateRequest().setUrn(urn).setId(id).setOlds(struct(olds)).setNews(struct(news));
      const response = await call<UpdateResponse>("update", request);
      return { outs: received(response.getProperties()) };
    },
    async delete(id, props) {
      await call(
        "delete",
        new DeleteRequest()
          .setUrn(urn)
          .setId(id)
          .setProperties(struct(props ?? {})),
      );
    },
  };
}

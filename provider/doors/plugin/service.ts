import {
  Server,
  ServerCredentials,
  type sendUnaryData,
  type ServerUnaryCall,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { PluginInfo, type PluginAttach } from "@pulumi/pulumi/proto/plugin_pb";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import {
  GetSchemaResponse,
  ProviderHandshakeResponse,
  type ProviderHandshakeRequest,
} from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { cancelUpdate } from "../../creation/cancellation";
import { takeCustomTimeouts } from "../../configuration";
import { redirectOutput, VERSION } from "../../gitlab";
import { construct } from "./component";
import { checkConfig, configure, diffConfig } from "./configuration";
import { allShown, connectEngine, customTimeout, show, within } from "./engine";
import { failed, unimplemented } from "./errors";
import { invoke } from "./functions";
import { KINDS, typeIn } from "./kinds";
import { list } from "./list";
import { check, create, diff, read, remove, update } from "./resources";
import schema from "./schema.json";

/** A request about a resource, or about none. */
interface Request {
  getUrn?(): string;
  getTimeout?(): number;
}

type Method = (request: never) => unknown;

/** The methods of the service. Other methods get the response UNIMPLEMENTED. */
const METHODS: Record<string, Method> = {
  handshake: (request: ProviderHandshakeRequest) => {
    connectEngine(request.getEngineAddress());
    const response = new ProviderHandshakeResponse();
    response.setAcceptSecrets(true);
    response.setAcceptResources(true);
    response.setAcceptOutputs(true);
    response.setSupportsAutonamingConfiguration(true);
    return response;
  },
  attach: (request: PluginAttach) => {
    connectEngine(request.getAddress());
    return new Empty();
  },
  getPluginInfo: () => new PluginInfo().setVersion(VERSION),
  getSchema: () => new GetSchemaResponse().setSchema(JSON.stringify(schema)),
  checkConfig,
  diffConfig,
  configure,
  check,
  diff,
  create,
  read,
  update,
  delete: remove,
  invoke,
  construct,
  cancel: () => {
    cancelUpdate();
    return new Empty();
  },
};

/**
 * Serves the plugin.
 *
 * @param engineAddress the address of the engine that started this process; an engine that attaches itself sends it
 */
export function serve(engineAddress?: string): Promise<{ port: number; server: Server }> {
  connectEngine(engineAddress);
  takeCustomTimeouts(customTimeout);
  redirectOutput({ info: (line) => show(line, "info"), warn: (line) => show(line, "warning") });
  const service: UntypedServiceImplementation = {};
  for (const name of Object.keys(ResourceProviderService)) {
    service[name] = unary(METHODS[name] ?? (() => Promise.reject(unimplemented(name))));
  }
  service["list"] = list;
  const server = new Server({ "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 });
  server.addService(ResourceProviderService, service);
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve({ port, server }),
    );
  });
}

function unary(method: Method) {
  return (call: ServerUnaryCall<Request, unknown>, callback: sendUnaryData<unknown>): void => {
    const { request } = call;
    const urn = request.getUrn?.() ?? "";
    const timeout = request.getTimeout?.() ?? 0;
    const about = { urn, ...(timeout > 0 ? { timeout } : {}) };
    void within(about, async () => method(request as never)).then(
      async (response) => {
        await allShown();
        callback(null, response);
      },
      async (fault: unknown) => {
        await allShown();
        callback(failed(fault, KINDS[typeIn(urn)]?.secrets));
      },
    );
  };
}

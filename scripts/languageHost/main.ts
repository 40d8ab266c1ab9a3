/**
 * A Node.js language host for a Pulumi CLI that was built from Go modules, which does not come with one. Serves
 * LanguageRuntime over gRPC, prints its port as its first line, and ends with its engine. Its responses follow the
 * official `pulumi-language-nodejs`, which is used instead if it is installed; scripts/setup/nodePlugins.mjs bundles this one.
 */
import * as grpc from "@grpc/grpc-js";
import type { handleUnaryCall } from "@grpc/grpc-js";
import * as language from "@pulumi/pulumi/proto/language_pb";
import { LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb";
import { PluginDependency, PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { version } from "@pulumi/pulumi/package.json";
import { about, installDependencies, programDependencies, runtimeOptionsPrompts } from "./packages";
import { requiredPackages } from "./requiredPackages";
import { cancelPrograms, runProgram } from "./run";

// The engine passes its address as last argument; if the host was started by hand, the handshake contains it.
let engineAddress = process.argv.slice(2).findLast((argument) => !argument.startsWith("-")) ?? "";

/** A call with a computed response; an exception becomes the call's error, with its message. */
function unary<Q, R>(act: (request: Q, call: grpc.ServerUnaryCall<Q, R>) => R | Promise<R>): handleUnaryCall<Q, R> {
  return (call, callback) => {
    Promise.resolve()
      .then(() => act(call.request, call))
      .then(
        (response) => callback(null, response),
        (error: Error) => callback({ code: grpc.status.UNKNOWN, details: error.message }),
      );
  };
}

function refuse(method: string): grpc.UntypedHandleCall {
  return ((
    call: { emit?: grpc.ServerWritableStream<unknown, unknown>["emit"] },
    callback?: grpc.sendUnaryData<unknown>,
  ) => {
    const error = {
      code: grpc.status.UNIMPLEMENTED,
      details: `this language host does not do ${method}; install the official Pulumi CLI for it`,
    };
    if (callback) callback(error);
    else call.emit?.("error", error);
  }) as grpc.UntypedHandleCall;
}

const service: grpc.UntypedServiceImplementation = {
  handshake: unary((request: language.LanguageHandshakeRequest) => {
    engineAddress = request.getEngineAddress();
    endWithEngine();
    return new language.LanguageHandshakeResponse();
  }),
  getPluginInfo: unary(() => {
    const info = new PluginInfo();
    info.setVersion(version);
    return info;
  }),
  getRequiredPackages: unary((request: language.GetRequiredPackagesRequest) => {
    const response = new language.GetRequiredPackagesResponse();
    response.setPackagesList(requiredPackages(request.getInfo()?.getProgramDirectory() ?? "."));
    return response;
  }),
  getRequiredPlugins: unary((request: language.GetRequiredPluginsRequest) => {
    const response = new language.GetRequiredPluginsResponse();
    const folder = request.getInfo()?.getProgramDirectory() || request.getProgram() || ".";
    response.setPluginsList(
      requiredPackages(folder).map((required) => {
        const plugin = new PluginDependency();
        plugin.setName(required.getName());
        plugin.setKind(required.getKind());
        plugin.setVersion(required.getVersion());
        plugin.setServer(required.getServer());
        return plugin;
      }),
    );
    return response;
  }),
  run: unary((request: language.RunRequest, call: grpc.ServerUnaryCall<language.RunRequest, language.RunResponse>) =>
    runProgram(request, engineAddress, (stop) => call.on("cancelled", stop)),
  ),
  cancel: unary(() => {
    cancelPrograms();
    return new Empty();
  }),
  about: unary(about),
  getProgramDependencies: unary(programDependencies),
  installDependencies: (
    call: grpc.ServerWritableStream<language.InstallDependenciesRequest, language.InstallDependenciesResponse>,
  ) => {
    installDependencies(call.request, (stream, bytes) => {
      const piece = new language.InstallDependenciesResponse();
      if (stream === "stdout") piece.setStdout(bytes);
      else piece.setStderr(bytes);
      call.write(piece);
    }).then(
      () => call.end(),
      (error: Error) => call.emit("error", { code: grpc.status.UNKNOWN, details: error.message }),
    );
  },
  runtimeOptionsPrompts: unary(runtimeOptionsPrompts),
  template: unary(() => new language.TemplateResponse()),
  runPlugin: refuse("RunPlugin"),
  generateProgram: refuse("GenerateProgram"),
  generateProject: refuse("GenerateProject"),
  generatePackage: refuse("GeneratePackage"),
  pack: refuse("Pack"),
  link: refuse("Link"),
};

/** The official host pings its engine, and ends when the engine is gone; here a closed connection has that effect. */
function endWithEngine(): void {
  if (!engineAddress) return;
  const channel = new grpc.Client(engineAddress, grpc.credentials.createInsecure()).getChannel();
  let connected = false;
  const watch = () => {
    const state = channel.getConnectivityState(true);
    if (state === grpc.connectivityState.READY) connected = true;
    else if (connected) {
      cancelPrograms();
      process.exit(0);
    }
    channel.watchConnectivityState(state, Infinity, watch);
  };
  watch();
}

const limit = 400 * 1024 * 1024;
const server = new grpc.Server({ "grpc.max_receive_message_length": limit, "grpc.max_send_message_length": limit });
server.addService(LanguageRuntimeService, service);
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.stdout.write(`${port}\n`);
  endWithEngine();
});

"use strict";

/**
 * Stands in for the plugin of @pulumi/kubernetes, whose download site is out of reach here: serves `kubernetes:*` resources
 * over the provider protocol, by the protocol files that @pulumi/pulumi ships. It knows nothing of Kubernetes itself: every
 * call goes to the cluster of the test (tests/support/kubernetesCluster.ts), at the address in KUBERNETES_CLUSTER. Like the
 * real one it takes secrets as secrets, and previews what it would do.
 */
const grpc = require("@grpc/grpc-js");
const { Empty } = require("google-protobuf/google/protobuf/empty_pb");
const { Struct } = require("google-protobuf/google/protobuf/struct_pb");
const plugin = require("@pulumi/pulumi/proto/plugin_pb");
const proto = require("@pulumi/pulumi/proto/provider_pb");
const { ResourceProviderService } = require("@pulumi/pulumi/proto/provider_grpc_pb");

/** How a secret is marked on the engine's wire. */
const MARK = "4dabf18193072939515e22adb298388d";

/** The kubeconfig context of this instance, which tells the clusters of one program apart. */
let context = "";

async function ask(method, question) {
  const response = await fetch(new URL(method, process.env.KUBERNETES_CLUSTER), {
    method: "POST",
    body: JSON.stringify({ context, ...question }),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

const raw = (struct) => (struct === undefined ? {} : struct.toJavaScript());

function plain(value) {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  if (MARK in value) return plain(value.value);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

const type = (request) => request.getUrn().split("::")[2].split("$").pop();

const METHODS = {
  getPluginInfo: () => new plugin.PluginInfo().setVersion("4.34.2"),
  getSchema: () => new proto.GetSchemaResponse().setSchema("{}"),
  checkConfig: (request) => new proto.CheckResponse().setInputs(request.getNews()),
  diffConfig: () => new proto.DiffResponse().setChanges(proto.DiffResponse.DiffChanges.DIFF_NONE),
  configure: (request) => {
    context = request.getVariablesMap().get("kubernetes:config:context") ?? "";
    const response = new proto.ConfigureResponse();
    response.setAcceptsecrets(true);
    response.setSupportspreview(true);
    return response;
  },
  check: (request) => new proto.CheckResponse().setInputs(request.getNews()),
  diff: async (request) => {
    const olds = plain(raw(request.getOldInputs()));
    const news = plain(raw(request.getNews()));
    const { changes, replaces, deleteBeforeReplace } = await ask("diff", { type: type(request), olds, news });
    const response = new proto.DiffResponse();
    const { DIFF_SOME, DIFF_NONE } = proto.DiffResponse.DiffChanges;
    response.setChanges(changes ? DIFF_SOME : DIFF_NONE);
    response.setReplacesList(replaces);
    response.setDeletebeforereplace(deleteBeforeReplace);
    return response;
  },
  create: async (request) => {
    const inputs = raw(request.getProperties());
    const response = new proto.CreateResponse();
    if (!request.getPreview()) {
      const { id } = await ask("create", { type: type(request), inputs: plain(inputs) });
      response.setId(id);
    }
    response.setProperties(Struct.fromJavaScript(inputs));
    return response;
  },
  update: async (request) => {
    const news = raw(request.getNews());
    if (!request.getPreview()) await ask("update", { id: request.getId(), type: type(request), inputs: plain(news) });
    return new proto.UpdateResponse().setProperties(Struct.fromJavaScript(news));
  },
  read: async (request) => {
    const { exists } = await ask("read", { id: request.getId(), type: type(request) });
    const response = new proto.ReadResponse();
    if (!exists) return response;
    response.setId(request.getId());
    response.setInputs(request.getInputs());
    response.setProperties(request.getProperties());
    return response;
  },
  delete: async (request) => {
    await ask("delete", { id: request.getId(), type: type(request) });
    return new Empty();
  },
  cancel: () => new Empty(),
};

// Whatever is not served says so, and the engine does without it.
const unimplemented = (name) => () => {
  throw Object.assign(new Error(`${name} is not served`), { code: grpc.status.UNIMPLEMENTED });
};
const serve = (method) => (call, callback) =>
  Promise.resolve()
    .then(() => method(call.request))
    .then(
      (answer) => callback(null, answer),
      (error) => callback({ code: error.code ?? grpc.status.UNKNOWN, details: error.message }),
    );
const service = Object.fromEntries(
  Object.keys(ResourceProviderService).map((name) => [name, serve(METHODS[name] ?? unimplemented(name))]),
);

const server = new grpc.Server();
server.addService(ResourceProviderService, service);
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.stdout.write(`${port}\n`);
});

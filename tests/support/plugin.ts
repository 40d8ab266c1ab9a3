import { credentials, Server, ServerCredentials, type Metadata, type ServiceError } from "@grpc/grpc-js";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogSeverity, type LogRequest } from "@pulumi/pulumi/proto/engine_pb";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import {
  ConfigureRequest,
  ErrorResourceInitFailed,
  ListRequest,
  ProviderHandshakeRequest,
  type ListResponse,
} from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import * as path from "node:path";
import { endComponent, takeComponentFrom } from "../../provider/doors/plugin/component";
import { serve } from "../../provider/doors/plugin/service";
import { repository } from "./repository";

/** A line that the plugin has shown in the engine's log. */
export interface LogLine {
  severity: "info" | "warning";
  urn: string;
  message: string;
}

/** A partial failure as the engine receives it. */
export interface PartialFailure {
  id: string;
  properties: Record<string, unknown>;
  reasons: string[];
}

/** The native plugin, served by this process over loopback, and the calls that an engine makes. */
export interface ServedPlugin {
  /** For `PULUMI_DEBUG_PROVIDERS`, with which a real engine attaches itself. */
  readonly env: { PULUMI_DEBUG_PROVIDERS: string };
  /** The lines that the plugin has shown to the engine of this object; a real engine that is attached gets its own lines. */
  readonly log: LogLine[];
  /** Calls a method of the service. Rejects with a `ServiceError`. */
  call<Answer = unknown>(method: string, request: object): Promise<Answer>;
  /** The results that a `List` call sends. */
  list(type: string, query: object, limit?: number): Promise<ListResponse.AsObject[]>;
  /** Makes this object the engine again, and configures the plugin for the stack or for an explicit provider. */
  configure(settings: object, provider?: string, acceptSecrets?: boolean): Promise<void>;
  close(): void;
}

/** Properties in the engine's protocol. */
export const struct = (properties: unknown) =>
  Struct.fromJavaScript(withoutUndefined(properties) as Record<string, never>);

/** JSON would turn numbers such as Infinity into null. */
function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((each: unknown) => (each === undefined ? null : withoutUndefined(each)));
  if (typeof value !== "object" || value === null) return value;
  const given = Object.entries(value).filter(([, each]) => each !== undefined);
  return Object.fromEntries(given.map(([name, each]) => [name, withoutUndefined(each)]));
}

/** Serves the plugin. */
export async function servePlugin(): Promise<ServedPlugin> {
  const log: LogLine[] = [];
  const engine = new Server();
  engine.addService(EngineService, {
    log: ({ request }: { request: LogRequest }, answer: (error: null, empty: Empty) => void) => {
      const severity = request.getSeverity() === LogSeverity.WARNING ? "warning" : "info";
      log.push({ severity, urn: request.getUrn(), message: request.getMessage() });
      answer(null, new Empty());
    },
  });
  const enginePort = await new Promise<number>((resolve, reject) =>
    engine.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    ),
  );
  takeComponentFrom(path.join(repository, "dist/plugin"));
  const { port, server } = await serve();
  const client = new ResourceProviderClient(`127.0.0.1:${port}`, credentials.createInsecure());
  const methods = client as unknown as Record<
    string,
    (request: object, answer: (error: ServiceError | null, response: unknown) => void) => void
  >;
  const call = <Answer>(method: string, request: object) =>
    new Promise<Answer>((resolve, reject) => {
      methods[method]?.call(client, request, (error, response) =>
        error === null ? resolve(response as Answer) : reject(error),
      );
    });
  return {
    env: { PULUMI_DEBUG_PROVIDERS: `gitlab-agent:${port}` },
    log,
    call,
    list: (type, query, limit = 0) =>
      new Promise((resolve, reject) => {
        const sent: ListResponse.AsObject[] = [];
        const request = new ListRequest().setToken(type).setQuery(struct(query)).setLimit(limit);
        client
          .list(request)
          .on("data", (response: ListResponse) => sent.push(response.toObject()))
          .on("error", reject)
          .on("end", () => resolve(sent));
      }),
    async configure(settings, provider, acceptSecrets = true) {
      await call("handshake", new ProviderHandshakeRequest().setEngineAddress(`127.0.0.1:${enginePort}`));
      const request = new ConfigureRequest().setArgs(struct(settings));
      request.setAcceptsecrets(acceptSecrets);
      request.setUrn(`urn:pulumi:dev::test::pulumi:providers:gitlab-agent::${provider ?? "default_0_1_0"}`);
      await call("configure", request);
    },
    close() {
      void endComponent();
      client.close();
      server.forceShutdown();
      engine.forceShutdown();
    },
  };
}

/** The object that exists although its creation failed, as the error describes it; undefined for other errors. */
export function partialFailure(error: { metadata: Metadata }): PartialFailure | undefined {
  const [details] = error.metadata.get("grpc-status-details-bin");
  if (details === undefined) return undefined;
  const [detail] = Status.deserializeBinary(details as Uint8Array).getDetailsList();
  const failure = detail?.unpack((bytes) => ErrorResourceInitFailed.deserializeBinary(bytes), detail.getTypeName());
  if (failure === undefined || failure === null) return undefined;
  return {
    id: failure.getId(),
    properties: failure.getProperties()?.toJavaScript() ?? {},
    reasons: failure.getReasonsList(),
  };
}

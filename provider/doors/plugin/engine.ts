import { AsyncLocalStorage } from "node:async_hooks";
import { credentials } from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";

/** The context of a call of the engine: lines shown during the call belong to its resource. */
interface Call {
  urn: string;
  /** The limit of one operation in seconds, if the resource has `customTimeouts`. */
  timeout?: number;
}

const calls = new AsyncLocalStorage<Call>();
let client: EngineClient | undefined;
let connected = "";
const shown = new Set<Promise<void>>();

/** Connects to the engine that started this process. Without one, lines go to standard error. */
export function connectEngine(address: string | undefined): void {
  client?.close();
  connected = address ?? "";
  client = address ? new EngineClient(address, credentials.createInsecure()) : undefined;
}

/** The address of the engine that uses this process now; empty without one. */
export function connectedEngine(): string {
  return connected;
}

/** Runs a call of the engine. */
export function within<T>(call: Call, act: () => Promise<T>): Promise<T> {
  return calls.run(call, act);
}

/** The limit of the running operation by `customTimeouts`, in seconds. */
export function customTimeout(): number | undefined {
  return calls.getStore()?.timeout;
}

/**
 * Shows one line to the user, with the resource of the running call. The engine shows what a native plugin prints
 * only at debug level.
 */
export function show(line: string, severity: "info" | "warning"): void {
  if (client === undefined) {
    process.stderr.write(`${severity === "warning" ? "warning: " : ""}${line}\n`);
    return;
  }
  const request = new LogRequest();
  request.setSeverity(severity === "warning" ? LogSeverity.WARNING : LogSeverity.INFO);
  request.setMessage(line);
  request.setUrn(calls.getStore()?.urn ?? "");
  const engine = client;
  const sending = new Promise<void>((resolve) => {
    // The engine may be gone.
    engine.log(request, () => resolve());
  }).then(() => void shown.delete(sending));
  shown.add(sending);
}

/** Waits until the engine has received every line: it may end this process right after a response. */
export async function allShown(): Promise<void> {
  await Promise.all(shown);
}

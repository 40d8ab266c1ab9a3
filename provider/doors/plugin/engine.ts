import { AsyncLocalStorage } from "node:async_hooks";
import { credentials } from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";

/** What a call of the engine is about: lines that are shown meanwhile belong to its resource. */
interface Call {
  urn: string;
  /** The limit of one operation in seconds, where the resource has `customTimeouts`. */
  timeout?: number;
}

const calls = new AsyncLocalStorage<Call>();
let client: EngineClient | undefined;
const shown = new Set<Promise<void>>();

/** Connects to the engine that started this process. Without one, lines go to standard error. */
export function connectEngine(address: string | undefined): void {
  client?.close();
  client = address ? new EngineClient(address, credentials.createInsecure()) : undefined;
}

/** Runs what a call of the engine asks for. */
export function within<T>(call: Call, act: () => Promise<T>): Promise<T> {
  return calls.run(call, act);
}

/** The limit that `customTimeouts` gives the operation under way, in seconds. */
export function customTimeout(): number | undefined {
  return calls.getStore()?.timeout;
}

/**
 * Shows one line to the user, beside the resource that the call under way is about. What a native plugin prints itself is
 * shown at debug level alone.
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
    // An engine that is gone cannot be told anything.
    engine.log(request, () => resolve());
  }).then(() => void shown.delete(sending));
  shown.add(sending);
}

/** Waits until the engine has every line that was shown: it may end this process right after an answer. */
export async function allShown(): Promise<void> {
  await Promise.all(shown);
}

import { Metadata, status, type ServiceError } from "@grpc/grpc-js";
import { ErrorResourceInitFailed } from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Any } from "google-protobuf/google/protobuf/any_pb";
import { withCode } from "../../gitlab";
import type { Properties } from "../../inputs/properties";
import { sent } from "./wire";

/** A partial failure as thrown by the lifecycle: the object exists although its creation failed. */
interface PartialFailure {
  id: string;
  properties: Properties;
  reasons: string[];
}

/** A failed call's error for the engine. After a partial failure the engine records the object, and completes it in the next update. */
export function failed(fault: unknown, secrets: readonly string[] = []): Partial<ServiceError> {
  const message = withCode(fault instanceof Error ? fault.message : String(fault));
  const code = fault instanceof Unimplemented ? status.UNIMPLEMENTED : status.UNKNOWN;
  if (!isPartial(fault)) return { code, details: message };
  const { __provider, ...properties } = fault.properties;
  const failure = new ErrorResourceInitFailed();
  failure.setId(fault.id);
  failure.setProperties(sent(properties, secrets));
  failure.setReasonsList(fault.reasons);
  const detail = new Any();
  detail.pack(failure.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const rpcStatus = new Status();
  rpcStatus.setCode(code);
  rpcStatus.setMessage(message);
  rpcStatus.addDetails(detail);
  const metadata = new Metadata();
  metadata.add("grpc-status-details-bin", Buffer.from(rpcStatus.serializeBinary()));
  return { code, details: message, metadata };
}

/** A method that this plugin does not have, and that the engine does not need. */
class Unimplemented extends Error {
  override readonly name = "Unimplemented";
}

/** The error for a method, or a part of one, that this plugin does not have. */
export function unimplemented(what: string): Error {
  return new Unimplemented(`${what} is not served by the plugin gitlab-agent.`);
}

function isPartial(fault: unknown): fault is PartialFailure {
  const { id, properties, reasons } = (fault ?? {}) as Partial<PartialFailure>;
  return typeof id === "string" && properties !== undefined && Array.isArray(reasons);
}

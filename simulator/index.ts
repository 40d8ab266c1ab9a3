/**
 * GitLab's API for agents in one process, for tests without GitLab.
 *
 * @packageDocumentation
 */
export type { CertificateForm } from "./certificates";
export { FAULT_KINDS, type FaultKind, type FaultRule, parseFaultRules } from "./faultRule";
export type { FaultHandle } from "./faults";
export type { SimulatorKas, SimulatorOptions, SimulatorProject, SimulatorUser } from "./options";
export type { RateLimit } from "./rateLimit";
export type { AgentRecord, ProjectRecord, Role, TokenRecord, UrlConfigurationRecord, UserRecord } from "./records";
export type { RecordedRequest } from "./requestLog";
export { type Simulator, startSimulator } from "./server";
export type { SimulatorSettings } from "./simulation";
export type { SimulatorState } from "./state";
export type { UrlConfigurationContent } from "./store";

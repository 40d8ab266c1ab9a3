import { createPrivateKey, X509Certificate } from "node:crypto";

/** Rails' `blank?`. */
export const blank = (value: string | null | undefined): boolean => (value ?? "").trim() === "";

const characters = (value: string): number => [...value].length;

const AGENT_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const AGENT_NAME_MAX = 63;
const TOKEN_NAME_MAX = 255;
const TOKEN_DESCRIPTION_MAX = 1024;

/** Validation errors of an agent's name, in the order of GitLab's model. */
export function agentNameFaults(name: string | null | undefined, taken: boolean): string[] {
  const faults: string[] = [];
  if (blank(name)) faults.push("Name can't be blank");
  if (characters(name ?? "") > AGENT_NAME_MAX)
    faults.push(`Name is too long (maximum is ${AGENT_NAME_MAX} characters)`);
  if (taken) faults.push("Name has already been taken");
  if (!AGENT_NAME.test(name ?? "")) {
    faults.push("Name can contain only lowercase letters, digits, and '-', but cannot start or end with '-'");
  }
  return faults;
}

/** Validation errors of a token's name and description. */
export function tokenFaults(name: string | null | undefined, description: string | null | undefined): string[] {
  const faults: string[] = [];
  if (characters(description ?? "") > TOKEN_DESCRIPTION_MAX) {
    faults.push(`Description is too long (maximum is ${TOKEN_DESCRIPTION_MAX} characters)`);
  }
  if (blank(name)) faults.push("Name can't be blank");
  if (characters(name ?? "") > TOKEN_NAME_MAX)
    faults.push(`Name is too long (maximum is ${TOKEN_NAME_MAX} characters)`);
  return faults;
}

/** Whether GitLab accepts the URL: the scheme `grpc` or `grpcs`, and a host. */
export function isAgentUrl(value: string | null | undefined): boolean {
  try {
    const url = new URL(value ?? "");
    return (url.protocol === "grpc:" || url.protocol === "grpcs:") && url.hostname !== "";
  } catch {
    return false;
  }
}

export function isCertificate(value: string): boolean {
  try {
    return value.includes("-----BEGIN") && new X509Certificate(value).serialNumber !== "";
  } catch {
    return false;
  }
}

export function isPrivateKey(value: string): boolean {
  try {
    return value.includes("-----BEGIN") && createPrivateKey(value).type === "private";
  } catch {
    return false;
  }
}

/** As Ruby parses `http://<value>`: the value has to be exactly the host. */
export function isHostName(value: string): boolean {
  return /^(?:%[0-9a-f]{2}|[!$&-.0-9;=_~a-z])+$/i.test(value) || /^\[[0-9a-f:.]+\]$/i.test(value);
}

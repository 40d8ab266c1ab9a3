import { randomBytes } from "node:crypto";

import type { CertificateForm } from "./certificates";
import type { RateLimit } from "./rateLimit";
import type { Role } from "./records";

/** A project that the simulated GitLab starts with. */
export interface SimulatorProject {
  /** Default: 101, 102, … */
  id?: number;
  /** Full path, such as `group/app`. */
  path: string;
  /** Default: the path's last segment. */
  name?: string;
  description?: string | null;
  /** Default `private`: whoever is no member sees a 404. */
  visibility?: "private" | "public";
  /** Whether its plan holds receptive agents. Default: as `receptive` says. */
  licensed?: boolean;
}

/** A person with a personal access token. */
export interface SimulatorUser {
  /** Default: 1, 2, … */
  id?: number;
  username: string;
  name?: string;
  token: string;
  /** One role in every project, or one for each by id or full path (`none` where not named). */
  role: Role | Record<string, Role>;
  /** An administrator may do everything. Default false. */
  admin?: boolean;
  /** Default `active`. */
  state?: "active" | "blocked";
  /** Scopes of the token. Default `["api"]`. */
  scopes?: string[];
  /** Whether the token has run out. Default false. */
  expired?: boolean;
}

/** The agent server (KAS) that `GET /metadata` tells of. */
export interface SimulatorKas {
  /** Default true; the addresses and the version are null otherwise. */
  enabled?: boolean;
  externalUrl?: string;
  externalK8sProxyUrl?: string;
  version?: string;
}

/**
 * Settings of {@link startSimulator}; all have a default.
 *
 * @example
 * ```ts
 * import { startSimulator } from "pulumi-gitlab-agent/simulator";
 *
 * await startSimulator({
 *   projects: [{ path: "platform/clusters" }],
 *   users: [{ username: "bot", token: "a-credential", role: "maintainer" }],
 *   latency: 50,
 * });
 * ```
 */
export interface SimulatorOptions {
  /** TCP port. Default 0: any free one. */
  port?: number;
  /** Address to listen on. Default `127.0.0.1`. */
  host?: string;
  /** Sub-path of the installation, such as `/gitlab`. Default none. */
  basePath?: string;
  /** Default: 101 `group/app` and 102 `group/subgroup/infra`, both private. */
  projects?: SimulatorProject[];
  /** Default: `maintainer`, `developer` and `guest`, with generated tokens. */
  users?: SimulatorUser[];
  /** Whether receptive agents are licensed in the projects and enabled in the instance. Default true. */
  receptive?: boolean | { licensed: boolean; enabled: boolean };
  /** Which form of certificates and keys a URL configuration takes and returns. Default `pem`; `either` returns PEM. */
  certificates?: CertificateForm;
  /**
   * The first GitLab versions with receptive agents: certificates and keys travel as base64 of the PEM, with line breaks in
   * responses, and `public_key` ends with a newline. Default false.
   */
  earlyVersion?: boolean;
  /** Serve HTTPS: PEM key and certificate; `ca` and `requestCert` ask the client for a certificate too. */
  tls?: { key: string; cert: string; ca?: string; requestCert?: boolean };
  /** Milliseconds before every request is carried out. Default 0. */
  latency?: number;
  /** Throttle each credential, as GitLab does. Default none. */
  rateLimit?: RateLimit;
  /** Milliseconds that GitLab's clock (Date header, `created_at`) is ahead of `clock`. Default 0. */
  clockSkew?: number;
  /** Milliseconds since 1970. Default `Date.now`. */
  clock?: () => number;
  /** Chance for faults without a seed, from 0 up to 1. Default `Math.random`. */
  random?: () => number;
  /** Waits for latency and delays, in milliseconds; ends early when the signal aborts. Default: a timer. */
  sleep?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** `trim` makes a GitLab that cuts blanks around names and descriptions on creation. Default `none`. */
  normalize?: "none" | "trim";
  /** What agent tokens start with. Default `glagent-`. */
  tokenPrefix?: string;
  /** An edition without receptive agents: no URL configurations, no `is_receptive`. Default false. */
  foss?: boolean;
  /** GitLab's version for `GET /metadata`. Default `18.3.0-ee`. */
  version?: string;
  revision?: string;
  kas?: SimulatorKas;
  /** The address that GitLab is configured with, which Link headers and redirects show. Default: the simulator's own. */
  externalUrl?: string;
  /** Requests that are kept in `requests`; older ones are dropped. Default 100 000. */
  requestLogLimit?: number;
}

/** The options with every default filled in. */
export type ResolvedOptions = Required<
  Omit<SimulatorOptions, "tls" | "rateLimit" | "receptive" | "kas" | "externalUrl">
> &
  Pick<SimulatorOptions, "tls" | "rateLimit" | "externalUrl"> & {
    receptive: { licensed: boolean; enabled: boolean };
    kas: Required<SimulatorKas>;
  };

/** Fills in the defaults. @throws Error for a base path, a project or a form of certificates that cannot be served */
export function resolvedOptions(options: SimulatorOptions): ResolvedOptions {
  const receptive = options.receptive ?? true;
  const host = options.host ?? "127.0.0.1";
  if (options.earlyVersion && (options.certificates ?? "base64") !== "base64") {
    throw new Error(
      `The simulator is given both \`earlyVersion\` and \`certificates\`: ${JSON.stringify(options.certificates)}, but early versions take base64 alone. Leave one of the two out.`,
    );
  }
  return {
    port: options.port ?? 0,
    host,
    basePath: normalizedBasePath(options.basePath ?? ""),
    projects: options.projects ?? [
      { id: 101, path: "group/app", description: "Application" },
      { id: 102, path: "group/subgroup/infra", description: null },
    ],
    users: options.users ?? generatedUsers(),
    receptive: typeof receptive === "boolean" ? { licensed: receptive, enabled: receptive } : receptive,
    certificates: options.certificates ?? (options.earlyVersion ? "base64" : "pem"),
    earlyVersion: options.earlyVersion ?? false,
    tls: options.tls,
    latency: options.latency ?? 0,
    rateLimit: options.rateLimit,
    clockSkew: options.clockSkew ?? 0,
    clock: options.clock ?? Date.now,
    random: options.random ?? Math.random,
    sleep: options.sleep ?? timer,
    normalize: options.normalize ?? "none",
    tokenPrefix: options.tokenPrefix ?? "glagent-",
    foss: options.foss ?? false,
    version: options.version ?? (options.foss ? "18.3.0" : "18.3.0-ee"),
    revision: options.revision ?? "0123456789a",
    kas: {
      enabled: true,
      externalUrl: "wss://kas.gitlab.example.com",
      externalK8sProxyUrl: "https://kas.gitlab.example.com/k8s-proxy",
      version: "18.3.0",
      ...options.kas,
    },
    externalUrl: options.externalUrl?.replace(/\/+$/, ""),
    requestLogLimit: options.requestLogLimit ?? 100_000,
  };
}

/**
 * One user for each of the roles maintainer, developer and guest, and for every role that a credential is given for. Each is
 * named after its role. A credential that is not given is generated.
 */
export function generatedUsers(given: Partial<Record<Role, string>> = {}): SimulatorUser[] {
  const roles = new Set<Role>(["maintainer", "developer", "guest", ...(Object.keys(given) as Role[])]);
  return [...roles].map((role) => ({
    username: role,
    role,
    token: given[role] ?? `glpat-${randomBytes(15).toString("base64url")}`,
  }));
}

function normalizedBasePath(basePath: string): string {
  const path = basePath.replace(/\/+$/, "");
  if (path !== "" && !/^(\/[\w.~-]+)+$/.test(path)) {
    throw new Error(`The base path ${JSON.stringify(basePath)} is none: it has to look like /gitlab.`);
  }
  return path;
}

const timer = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(running);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const running = setTimeout(done, milliseconds);
    signal.addEventListener("abort", done);
  });

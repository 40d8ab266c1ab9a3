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
  /** Default `private`: users who are not members get a 404. */
  visibility?: "private" | "public";
  /** Whether its plan includes receptive agents. Default: as in `receptive`. */
  licensed?: boolean;
}

/** A user with a personal access token. */
export interface SimulatorUser {
  /** Default: 1, 2, … */
  id?: number;
  username: string;
  name?: string;
  token: string;
  /** One role in every project, or one for each project by id or full path (`none` if not listed). */
  role: Role | Record<string, Role>;
  /** Whether the user is an administrator, who may do everything. Default false. */
  admin?: boolean;
  /** Default `active`. */
  state?: "active" | "blocked";
  /** Scopes of the token. Default `["api"]`. */
  scopes?: string[];
  /** Whether the token has expired. Default false. */
  expired?: boolean;
}

/** The agent server (KAS) in `GET /metadata`. */
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
  /** The form of certificates and keys in requests and responses. Default `pem`; `either` accepts both and returns PEM. */
  certificates?: CertificateForm;
  /**
   * Behaves like the first GitLab versions with receptive agents: certificates and keys are base64 of the PEM, with line breaks in
   * responses, and `public_key` ends with a newline. Default false.
   */
  earlyVersion?: boolean;
  /** Serves HTTPS: PEM key and certificate; `ca` and `requestCert` also request a client certificate. */
  tls?: { key: string; cert: string; ca?: string; requestCert?: boolean };
  /** Milliseconds before every request is carried out. Default 0. */
  latency?: number;
  /** Limits the requests of each credential, as GitLab does. Default none. */
  rateLimit?: RateLimit;
  /** Milliseconds by which GitLab's clock (Date header, `created_at`) is ahead of `clock`. Default 0. */
  clockSkew?: number;
  /** Milliseconds since 1970. Default `Date.now`. */
  clock?: () => number;
  /** Random numbers from 0 up to 1 for faults without a seed. Default `Math.random`. */
  random?: () => number;
  /** Waits for latency and delays in milliseconds; ends early when the signal aborts. Default: a timer. */
  sleep?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** `trim`: GitLab trims spaces around names and descriptions on creation. Default `none`. */
  normalize?: "none" | "trim";
  /** The prefix of agent tokens. Default `glagent-`. */
  tokenPrefix?: string;
  /** An edition without receptive agents: no URL configurations, no `is_receptive`. Default false. */
  foss?: boolean;
  /** GitLab's version for `GET /metadata`. Default `18.3.0-ee`. */
  version?: string;
  revision?: string;
  kas?: SimulatorKas;
  /** The configured address of GitLab, used in Link headers and redirects. Default: the simulator's own. */
  externalUrl?: string;
  /** The number of requests kept in `requests`; older ones are dropped. Default 100 000. */
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

/** Fills in the defaults. @throws Error for an invalid base path, project or form of certificates */
export function resolvedOptions(options: SimulatorOptions): ResolvedOptions {
  const receptive = options.receptive ?? true;
  const host = options.host ?? "127.0.0.1";
  if (options.earlyVersion && (options.certificates ?? "base64") !== "base64") {
    throw new Error(
      `The simulator is given both \`earlyVersion\` and \`certificates\`: ${JSON.stringify(options.certificates)}, but early versions accept only base64. Remove one of the two.`,
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
 * One user for each of the roles maintainer, developer and guest, and for every role with a given credential. Each user is
 * named after the role. Missing credentials are generated.
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
    throw new Error(`The base path ${JSON.stringify(basePath)} is invalid: it has to look like /gitlab.`);
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

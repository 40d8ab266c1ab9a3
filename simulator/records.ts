/** Roles of a project's members, lowest first; `none` is somebody who is no member at all. */
export const ROLES = ["none", "guest", "reporter", "developer", "maintainer", "owner"] as const;

/** A member's role in a project. */
export type Role = (typeof ROLES)[number];

/** GitLab's number for each role, as `permissions.project_access.access_level` shows it. */
export const ACCESS_LEVELS: Record<Role, number> = {
  none: 0,
  guest: 10,
  reporter: 20,
  developer: 30,
  maintainer: 40,
  owner: 50,
};

/** A project as the simulated GitLab keeps it. Times are milliseconds since 1970, by GitLab's clock. */
export interface ProjectRecord {
  id: number;
  /** Full path, such as `group/app`. */
  path: string;
  name: string;
  description: string | null;
  visibility: "private" | "public";
  /** Whether the project's plan holds receptive agents; the instance's switch is apart from it. */
  licensed: boolean;
  createdAt: number;
  /** Former full paths that still lead here, as after a rename in GitLab. */
  formerPaths: string[];
}

/** A person with a credential. */
export interface UserRecord {
  id: number;
  username: string;
  name: string;
  /** Personal access token. Secret in a real GitLab; here it is a test's own. */
  token: string;
  /** One role everywhere, or a role for each project (by id or full path; `none` where not named). */
  role: Role | Record<string, Role>;
  admin: boolean;
  state: "active" | "blocked";
  /** Scopes of the personal access token; `api` is what the agent API asks for. */
  scopes: string[];
  /** Whether the personal access token has run out. */
  expired: boolean;
}

/** An agent for Kubernetes. */
export interface AgentRecord {
  id: number;
  projectId: number;
  name: string;
  createdAt: number;
  updatedAt: number;
  createdByUserId: number | null;
  isReceptive: boolean;
}

/** A token of an agent; the row stays when it is revoked. */
export interface TokenRecord {
  id: number;
  agentId: number;
  name: string;
  description: string | null;
  status: "active" | "revoked";
  createdAt: number;
  createdByUserId: number | null;
  lastUsedAt: number | null;
  /** The whole token, which the API shows once only. */
  secret: string;
}

/** The URL configuration of a receptive agent. Certificates and keys are kept as PEM. */
export interface UrlConfigurationRecord {
  id: number;
  agentId: number;
  url: string;
  /** Strict base64 of the raw 32 bytes of an Ed25519 key; null with mTLS. */
  publicKey: string | null;
  /** PEM of the key pair's other half, for tests that verify a JWT; null with mTLS. */
  privateKey: string | null;
  clientCert: string | null;
  clientKey: string | null;
  caCert: string | null;
  tlsHost: string | null;
  createdAt: number;
  updatedAt: number;
}

/** Roles of a project's members, lowest first; `none` is a user who is not a member. */
export const ROLES = ["none", "guest", "reporter", "developer", "maintainer", "owner"] as const;

/** A member's role in a project. */
export type Role = (typeof ROLES)[number];

/** GitLab's number of each role, as in `permissions.project_access.access_level`. */
export const ACCESS_LEVELS: Record<Role, number> = {
  none: 0,
  guest: 10,
  reporter: 20,
  developer: 30,
  maintainer: 40,
  owner: 50,
};

/** A stored project. Times are milliseconds since 1970, by GitLab's clock. */
export interface ProjectRecord {
  id: number;
  /** Full path, such as `group/app`. */
  path: string;
  name: string;
  description: string | null;
  visibility: "private" | "public";
  /** Whether the project's plan includes receptive agents; the instance's setting is separate. */
  licensed: boolean;
  createdAt: number;
  /** Former full paths that still redirect here, as after a rename in GitLab. */
  formerPaths: string[];
}

/** A user with a credential. */
export interface UserRecord {
  id: number;
  username: string;
  name: string;
  /** Personal access token. Secret in a real GitLab; here it is a test's own. */
  token: string;
  /** One role everywhere, or a role for each project by id or full path (`none` if not listed). */
  role: Role | Record<string, Role>;
  admin: boolean;
  state: "active" | "blocked";
  /** Scopes of the personal access token; the agent API requires `api`. */
  scopes: string[];
  /** Whether the personal access token has expired. */
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
  /** The whole token, which the API returns only once. */
  secret: string;
}

/** The URL configuration of a receptive agent. Certificates and keys are kept as PEM. */
export interface UrlConfigurationRecord {
  id: number;
  agentId: number;
  url: string;
  /** Strict base64 of the raw 32 bytes of an Ed25519 key; null with mTLS. */
  publicKey: string | null;
  /** The private key of the pair, PEM, for tests that sign or verify a JWT; null with mTLS. */
  privateKey: string | null;
  clientCert: string | null;
  clientKey: string | null;
  caCert: string | null;
  tlsHost: string | null;
  createdAt: number;
  updatedAt: number;
}

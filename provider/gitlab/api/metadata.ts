import type { Scope } from "./scope";

/** GitLab's metadata, as the API sends it. */
export interface WireMetadata {
  version: string;
  revision: string;
  enterprise?: boolean;
  /** The agent server. */
  kas: {
    enabled: boolean;
    /** Where agents connect, such as `wss://kas.gitlab.com`; null if it is disabled. */
    externalUrl: string | null;
    externalK8sProxyUrl?: string | null;
    version: string | null;
  };
}

/** The user that the credential belongs to. */
export interface WireUser {
  id: number;
  username: string;
}

/** GitLab's version and agent server. @throws UnexpectedResponseError if the response lacks `kas` @see https://docs.gitlab.com/api/metadata/ */
export async function readMetadata(scope: Scope): Promise<WireMetadata> {
  const response = await scope.send({ method: "GET", path: "/metadata", expect: "object", needs: ["version"] });
  const { kas, version } = response.body as Partial<WireMetadata>;
  if (typeof kas !== "object" || kas === null || typeof kas.enabled !== "boolean") {
    throw response.unexpected(
      `GitLab ${version} does not describe its agent server: the response has no \`kas\` with \`enabled\``,
    );
  }
  return response.body as WireMetadata;
}

/** The user of the credential. @see https://docs.gitlab.com/api/users/#retrieve-the-current-user */
export async function readUser(scope: Scope): Promise<WireUser> {
  return (await scope.send({ method: "GET", path: "/user", expect: "object", needs: ["id"] })).body as WireUser;
}

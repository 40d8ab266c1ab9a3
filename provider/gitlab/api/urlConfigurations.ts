import { ValidationError } from "../errors";
import { endpoint, projectPath, type ProjectRef } from "../http/request";
import type { Scope } from "./scope";

/** The URL configuration of a receptive agent, as the API sends it. */
export interface WireUrlConfiguration {
  id: number;
  agent_id: number;
  url: string;
  /** Base64 of the raw Ed25519 key; null with mTLS. */
  public_key: string | null;
  /** PEM; base64 from older GitLab versions is decoded here. */
  client_cert: string | null;
  ca_cert: string | null;
  tls_host: string | null;
}

/** A URL configuration with the names used in programs, field by field, so that no secret field is passed on. */
export function urlConfigurationFrom(wire: WireUrlConfiguration) {
  return {
    urlConfigurationId: wire.id,
    agentId: wire.agent_id,
    url: wire.url,
    // The earliest versions append a newline.
    publicKey: wire.public_key?.trim() ?? undefined,
    clientCert: wire.client_cert ?? undefined,
    caCert: wire.ca_cert ?? undefined,
    tlsHost: wire.tls_host ?? undefined,
  };
}

/** The body of a creation; certificates and key in PEM. `client_key` is secret. */
export interface NewUrlConfiguration {
  url: string;
  client_cert?: string | undefined;
  client_key?: string | undefined;
  ca_cert?: string | undefined;
  tls_host?: string | undefined;
}

/** The form in which a server accepts certificates: learnt from its first refusal, and kept with the client. */
export interface CertificateForm {
  base64: boolean;
}

/**
 * URL configurations: GitLab Ultimate, self-managed; every request needs the Maintainer role. An agent has at most one.
 *
 * @see https://docs.gitlab.com/api/cluster_agents/#receptive-agents
 */
export interface UrlConfigurations {
  /** None or one. */
  list(project: ProjectRef, agentId: number): Promise<WireUrlConfiguration[]>;
  /** One. @throws NotFoundError also if the feature is not licensed or not enabled */
  get(project: ProjectRef, agentId: number, id: number): Promise<WireUrlConfiguration>;
  /** Creates the agent's configuration, with certificates in the form that this GitLab accepts. @throws LostResponseError */
  create(project: ProjectRef, agentId: number, configuration: NewUrlConfiguration): Promise<WireUrlConfiguration>;
  /** Deletes it. @throws NotFoundError if it is already gone, or hidden */
  delete(project: ProjectRef, agentId: number, id: number): Promise<void>;
}

const PEM_FIELDS = ["client_cert", "client_key", "ca_cert"] as const;

/** The endpoints of URL configurations for one operation. */
export function urlConfigurations(scope: Scope, form: CertificateForm, forget: () => void): UrlConfigurations {
  const listPath = (project: ProjectRef, agentId: number): string =>
    endpoint`/projects/${projectPath(project)}/cluster_agents/${agentId}/url_configurations`;
  const path = (project: ProjectRef, agentId: number, id: number): string =>
    `${listPath(project, agentId)}${endpoint`/${id}`}`;
  const post = async (
    project: ProjectRef,
    agentId: number,
    body: NewUrlConfiguration,
  ): Promise<WireUrlConfiguration> => {
    const request = {
      method: "POST",
      path: listPath(project, agentId),
      body: { ...body },
      expect: "object",
      needs: ["id"],
    } as const;
    return inPem((await scope.send(request)).body as WireUrlConfiguration);
  };
  return {
    list: async (project, agentId) => {
      const response = await scope.send({ method: "GET", path: listPath(project, agentId), expect: "list" });
      return (response.body as WireUrlConfiguration[]).map(inPem);
    },
    get: async (project, agentId, id) => {
      const request = { method: "GET", path: path(project, agentId, id), expect: "object", needs: ["id"] } as const;
      return inPem((await scope.send(request)).body as WireUrlConfiguration);
    },
    create: (project, agentId, configuration) =>
      scope.write(forget, async () => {
        scope.redaction.add(configuration.client_key);
        const holdsPem = PEM_FIELDS.some((field) => configuration[field]);
        const first = form.base64;
        try {
          return await post(project, agentId, first ? inBase64(configuration) : configuration);
        } catch (error) {
          if (!holdsPem || !refusesCertificates(error)) throw error;
          // Nothing was created. Versions of GitLab accept different forms of certificates: try the other form once.
          const created = await post(project, agentId, first ? configuration : inBase64(configuration)).catch(
            (again: unknown) => {
              // If both forms are refused, the certificate itself is invalid, and the first response is the right one.
              throw refusesCertificates(again) ? error : again;
            },
          );
          form.base64 = !first;
          return created;
        }
      }),
    delete: (project, agentId, id) =>
      scope.write(forget, async () => {
        await scope.send({ method: "DELETE", path: path(project, agentId, id), expect: "nothing" });
      }),
  };
}

/** Certificates in PEM, whatever form this GitLab sends. */
function inPem(found: WireUrlConfiguration): WireUrlConfiguration {
  const read = { ...found };
  for (const field of ["client_cert", "ca_cert"] as const) {
    const sent: unknown = found[field];
    // Never fails: the object exists, and an unreadable certificate must not lose it.
    if (typeof sent !== "string" || sent.includes("-----BEGIN")) continue;
    const decoded = Buffer.from(sent, "base64").toString("utf8");
    if (decoded.includes("-----BEGIN")) read[field] = decoded;
  }
  return read;
}

function inBase64(configuration: NewUrlConfiguration): NewUrlConfiguration {
  const encoded = { ...configuration };
  for (const field of PEM_FIELDS) {
    const pem = configuration[field];
    if (pem) encoded[field] = Buffer.from(pem, "utf8").toString("base64");
  }
  return encoded;
}

function refusesCertificates(error: unknown): boolean {
  return (
    error instanceof ValidationError &&
    /client[ _]cert|client[ _]key|ca[ _]cert|\bPEM\b|certificate|private key|base64/i.test(error.words ?? "") &&
    !/already exists/i.test(error.words ?? "")
  );
}

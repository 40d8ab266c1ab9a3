import type { SimulatorContext } from "./context";
import type { AgentRecord, ProjectRecord, TokenRecord, UrlConfigurationRecord } from "./records";
import type { Simulation } from "./simulation";

const time = (at: number): string => new Date(at).toISOString();

const segments = (path: string): { namespace: string; last: string } => {
  const at = path.lastIndexOf("/");
  return { namespace: at < 0 ? "" : path.slice(0, at), last: path.slice(at + 1) };
};

/** The fields of an agent's `config_project`. */
export function projectIdentity(project: ProjectRecord): Record<string, unknown> {
  const { namespace, last } = segments(project.path);
  return {
    id: project.id,
    description: project.description,
    name: project.name,
    name_with_namespace: namespace === "" ? project.name : `${namespace.split("/").join(" / ")} / ${project.name}`,
    path: last,
    path_with_namespace: project.path,
    created_at: time(project.createdAt),
  };
}

/** An agent as the API returns it; an edition without receptive agents omits `is_receptive`. */
export function agentEntity(simulation: Simulation, agent: AgentRecord): Record<string, unknown> {
  const project = simulation.store.projects.get(agent.projectId);
  return {
    id: agent.id,
    name: agent.name,
    config_project: project === undefined ? null : projectIdentity(project),
    created_at: time(agent.createdAt),
    created_by_user_id: agent.createdByUserId,
    ...(simulation.options.foss ? {} : { is_receptive: agent.isReceptive }),
  };
}

/** A token in a list: without its secret and its last use. */
export function tokenListEntity(token: TokenRecord): Record<string, unknown> {
  return {
    id: token.id,
    name: token.name,
    description: token.description,
    agent_id: token.agentId,
    status: token.status,
    created_at: time(token.createdAt),
    created_by_user_id: token.createdByUserId,
  };
}

export function tokenEntity(token: TokenRecord): Record<string, unknown> {
  return { ...tokenListEntity(token), last_used_at: token.lastUsedAt === null ? null : time(token.lastUsedAt) };
}

/** The only response with the secret. */
export function createdTokenEntity(token: TokenRecord): Record<string, unknown> {
  return { ...tokenEntity(token), token: token.secret };
}

/** All seven keys, null if unset; never a private key. */
export function urlConfigurationEntity(
  c: SimulatorContext,
  configuration: UrlConfigurationRecord,
): Record<string, unknown> {
  const { settings, options } = c.env.simulation;
  const base64 = (pem: string): string => {
    const encoded = Buffer.from(pem).toString("base64");
    // As Ruby's `encode64` does.
    return options.earlyVersion ? encoded.replace(/.{1,60}/g, "$&\n") : encoded;
  };
  const certificate = (pem: string | null): string | null =>
    pem !== null && settings.certificates === "base64" ? base64(pem) : pem;
  const { publicKey } = configuration;
  return {
    id: configuration.id,
    agent_id: configuration.agentId,
    url: configuration.url,
    public_key: publicKey !== null && options.earlyVersion ? `${publicKey}\n` : publicKey,
    client_cert: certificate(configuration.clientCert),
    ca_cert: certificate(configuration.caCert),
    tls_host: configuration.tlsHost,
  };
}

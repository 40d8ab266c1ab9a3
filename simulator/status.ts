import type { FaultHandle } from "./faults";
import type { RecordedRequest } from "./requestLog";
import type { Simulation } from "./simulation";

/** Requests that the status shows, latest first. */
const SHOWN_REQUESTS = 50;

/** The simulator's current objects, with masked secrets. */
export interface SimulatorStatus {
  url: string;
  /** GitLab's clock. */
  now: string;
  projects: { id: number; path: string }[];
  agents: { id: number; project: string; name: string; receptive: boolean; createdAt: string; createdBy: string }[];
  tokens: {
    id: number;
    agent: string;
    name: string;
    status: "active" | "revoked";
    /** The last four characters. */
    secret: string;
    createdAt: string;
    lastUsedAt: string | null;
  }[];
  urlConfigurations: {
    id: number;
    agent: string;
    url: string;
    authentication: "mTLS" | "JWT";
    tlsHost: string | null;
  }[];
  requestCount: number;
  requests: (Pick<
    RecordedRequest,
    "number" | "method" | "path" | "query" | "status" | "apiStatus" | "user" | "fault"
  > & {
    /** When it arrived, by GitLab's clock. */
    at: string;
  })[];
  faults: { rule: Record<string, unknown>; matched: number; fired: number; remaining: number | "always" }[];
}

/** The current status. */
export function status(
  simulation: Simulation,
  shows: (request: RecordedRequest) => boolean = () => true,
): SimulatorStatus {
  const { store, requests, faults } = simulation;
  const agentName = (id: number): string => store.agents.get(id)?.name ?? String(id);
  return {
    url: simulation.ownUrl,
    now: time(simulation.now()),
    projects: [...store.projects.values()].map(({ id, path }) => ({ id, path })),
    agents: [...store.agents.values()].map((agent) => ({
      id: agent.id,
      project: store.projects.get(agent.projectId)?.path ?? String(agent.projectId),
      name: agent.name,
      receptive: agent.isReceptive,
      createdAt: time(agent.createdAt),
      createdBy: store.users.get(agent.createdByUserId ?? 0)?.username ?? "",
    })),
    tokens: [...store.tokens.values()].map((token) => ({
      id: token.id,
      agent: agentName(token.agentId),
      name: token.name,
      status: token.status,
      secret: `…${token.secret.slice(-4)}`,
      createdAt: time(token.createdAt),
      lastUsedAt: token.lastUsedAt === null ? null : time(token.lastUsedAt),
    })),
    urlConfigurations: [...store.urlConfigurations.values()].map((configuration) => ({
      id: configuration.id,
      agent: agentName(configuration.agentId),
      url: configuration.url,
      authentication: configuration.publicKey === null ? "mTLS" : "JWT",
      tlsHost: configuration.tlsHost,
    })),
    requestCount: requests.at(-1)?.number ?? 0,
    requests: requests
      .filter(shows)
      .slice(-SHOWN_REQUESTS)
      .reverse()
      .map(({ number, at, method, path, query, status: shown, apiStatus, user, fault }) => ({
        ...{ number, at: time(at), method, path, query, status: shown, apiStatus, user, fault },
      })),
    faults: faults.list().map(faultStatus),
  };
}

/** A rule in JSON's types. */
export function faultStatus({ rule, matched, fired, remaining }: FaultHandle): SimulatorStatus["faults"][number] {
  const { path, times, ...rest } = rule;
  return {
    rule: {
      ...rest,
      ...(path === undefined ? {} : typeof path === "string" ? { path } : { pathPattern: path.source }),
      ...(times === undefined ? {} : { times: times === Infinity ? "always" : times }),
    },
    matched,
    fired,
    remaining: remaining === Infinity ? "always" : remaining,
  };
}

const time = (at: number): string => new Date(at).toISOString();

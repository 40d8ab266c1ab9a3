import { generateKeyPairSync, randomBytes } from "node:crypto";

import type { AgentRecord, ProjectRecord, TokenRecord, UrlConfigurationRecord, UserRecord } from "./records";

/** The contents of a URL configuration, already checked. */
export interface UrlConfigurationContent {
  url: string;
  clientCert: string | null;
  clientKey: string | null;
  caCert: string | null;
  tlsHost: string | null;
}

// GitLab numbers agents, tokens and URL configurations by separate database sequences, so the same number in all three is
// normal: a client that confuses a token's id with a URL configuration's has to fail here too.
const LAST_IDS = { agent: 0, token: 0, urlConfiguration: 0 };

/** The objects of one simulated GitLab. It stores them unchecked; the routes check GitLab's rules. */
export class Store {
  readonly projects = new Map<number, ProjectRecord>();
  readonly users = new Map<number, UserRecord>();
  readonly agents = new Map<number, AgentRecord>();
  readonly tokens = new Map<number, TokenRecord>();
  readonly urlConfigurations = new Map<number, UrlConfigurationRecord>();

  private last = { ...LAST_IDS };

  constructor(
    /** GitLab's clock, in milliseconds since 1970. */
    private readonly now: () => number,
    private readonly tokenPrefix: string,
  ) {}

  /** Removes everything; ids start again. */
  clear(): void {
    for (const kind of [this.projects, this.users, this.agents, this.tokens, this.urlConfigurations]) kind.clear();
    this.last = { ...LAST_IDS };
  }

  userByToken(token: string): UserRecord | undefined {
    return [...this.users.values()].find((user) => user.token === token);
  }

  userByName(username: string): UserRecord | undefined {
    return [...this.users.values()].find((user) => user.username === username);
  }

  /** By number, or by full path in upper or lower case, also by former paths. */
  projectByIdOrPath(id: string | number): ProjectRecord | undefined {
    if (typeof id === "number" || /^-?\d+$/.test(id)) return this.projects.get(Number(id));
    const path = id.toLowerCase();
    const all = [...this.projects.values()];
    return (
      all.find((project) => project.path.toLowerCase() === path) ??
      all.find((project) => project.formerPaths.some((former) => former.toLowerCase() === path))
    );
  }

  isFormerPath(project: ProjectRecord, id: string): boolean {
    return !/^-?\d+$/.test(id) && project.path.toLowerCase() !== id.toLowerCase();
  }

  /** Agents of a project sorted by name, as GitLab lists them. */
  agentsOf(projectId: number): AgentRecord[] {
    return [...this.agents.values()]
      .filter((agent) => agent.projectId === projectId)
      .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.id - b.id));
  }

  hasAgentNamed(projectId: number, name: string): boolean {
    return [...this.agents.values()].some((agent) => agent.projectId === projectId && agent.name === name);
  }

  /** Active tokens of an agent, last used first, never used ones at the end in order of creation. */
  activeTokensOf(agentId: number): TokenRecord[] {
    return [...this.tokens.values()]
      .filter((token) => token.agentId === agentId && token.status === "active")
      .sort((a, b) => (b.lastUsedAt ?? -Infinity) - (a.lastUsedAt ?? -Infinity) || a.id - b.id);
  }

  urlConfigurationOf(agentId: number): UrlConfigurationRecord | undefined {
    return [...this.urlConfigurations.values()].find((configuration) => configuration.agentId === agentId);
  }

  addAgent(projectId: number, name: string, createdByUserId: number | null): AgentRecord {
    const at = this.now();
    const id = ++this.last.agent;
    const agent = { id, projectId, name, createdAt: at, updatedAt: at, createdByUserId, isReceptive: false };
    this.agents.set(id, agent);
    return agent;
  }

  /** Removes an agent with its tokens and its URL configuration. */
  removeAgent(agent: AgentRecord): void {
    this.agents.delete(agent.id);
    for (const token of [...this.tokens.values()]) if (token.agentId === agent.id) this.tokens.delete(token.id);
    const configuration = this.urlConfigurationOf(agent.id);
    if (configuration !== undefined) this.urlConfigurations.delete(configuration.id);
  }

  addToken(agentId: number, name: string, description: string | null, createdByUserId: number | null): TokenRecord {
    const token: TokenRecord = {
      id: ++this.last.token,
      agentId,
      name,
      description,
      status: "active",
      createdAt: this.now(),
      createdByUserId,
      lastUsedAt: null,
      // 37 bytes are 50 characters of base64url, as in GitLab.
      secret: this.tokenPrefix + randomBytes(37).toString("base64url"),
    };
    this.tokens.set(token.id, token);
    return token;
  }

  /** Without a client key GitLab creates a key pair and uses JWT. */
  addUrlConfiguration(agent: AgentRecord, content: UrlConfigurationContent): UrlConfigurationRecord {
    const at = this.now();
    const pair = content.clientKey === null ? generateKeyPairSync("ed25519") : undefined;
    const configuration: UrlConfigurationRecord = {
      id: ++this.last.urlConfiguration,
      agentId: agent.id,
      ...content,
      publicKey: pair === undefined ? null : rawPublicKey(pair.publicKey.export({ format: "jwk" }).x ?? ""),
      privateKey: pair === undefined ? null : String(pair.privateKey.export({ format: "pem", type: "pkcs8" })),
      createdAt: at,
      updatedAt: at,
    };
    this.urlConfigurations.set(configuration.id, configuration);
    agent.isReceptive = true;
    agent.updatedAt = at;
    return configuration;
  }

  removeUrlConfiguration(configuration: UrlConfigurationRecord): void {
    this.urlConfigurations.delete(configuration.id);
    const agent = this.agents.get(configuration.agentId);
    if (agent !== undefined) {
      agent.isReceptive = false;
      agent.updatedAt = this.now();
    }
  }
}

const rawPublicKey = (x: string): string => Buffer.from(x, "base64url").toString("base64");

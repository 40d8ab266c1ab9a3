import type { AgentRecord, ProjectRecord, Role, TokenRecord, UrlConfigurationRecord, UserRecord } from "./records";
import type { Simulation, SimulatorSettings } from "./simulation";
import type { Store, UrlConfigurationContent } from "./store";

/**
 * The objects of the simulated GitLab, and methods to change them as other users would by hand. These check no role and no
 * limit, and do not appear in the requests. The records are the live ones.
 */
export class SimulatorState {
  constructor(private readonly simulation: Simulation) {}

  get projects(): ProjectRecord[] {
    return [...this.store.projects.values()];
  }

  get users(): UserRecord[] {
    return [...this.store.users.values()];
  }

  get agents(): AgentRecord[] {
    return [...this.store.agents.values()];
  }

  /** All tokens, revoked ones too, with their secrets. */
  get tokens(): TokenRecord[] {
    return [...this.store.tokens.values()];
  }

  get urlConfigurations(): UrlConfigurationRecord[] {
    return [...this.store.urlConfigurations.values()];
  }

  /** Settings that may be changed while the simulator runs. */
  get settings(): SimulatorSettings {
    return this.simulation.settings;
  }

  /** By id, or by name if only one project has it. @throws Error if there is none */
  agent(idOrName: number | string): AgentRecord {
    const found = this.agents.filter((agent) => agent.id === idOrName || agent.name === idOrName);
    return one(found, `agent ${idOrName}`);
  }

  /** By id or full path. @throws Error if there is none */
  project(idOrPath: number | string): ProjectRecord {
    const found = this.store.projectByIdOrPath(idOrPath);
    return one(found === undefined ? [] : [found], `project ${idOrPath}`);
  }

  /** @throws Error if there is none */
  user(username: string): UserRecord {
    const found = this.store.userByName(username);
    return one(found === undefined ? [] : [found], `user ${username}`);
  }

  /** The token with this secret, revoked or not. */
  tokenBySecret(secret: string): TokenRecord | undefined {
    return this.tokens.find((token) => token.secret === secret);
  }

  activeTokens(agentId?: number): TokenRecord[] {
    return this.tokens.filter((token) => token.status === "active" && (agentId ?? token.agentId) === token.agentId);
  }

  createAgent(project: number | string, name: string, createdByUserId: number | null = null): AgentRecord {
    return this.store.addAgent(this.project(project).id, name, createdByUserId);
  }

  deleteAgent(agentId: number): void {
    this.store.removeAgent(this.agent(agentId));
  }

  createToken(
    agentId: number,
    name: string,
    description: string | null = null,
    createdByUserId: number | null = null,
  ): TokenRecord {
    return this.store.addToken(this.agent(agentId).id, name, description, createdByUserId);
  }

  revokeToken(tokenId: number): void {
    this.token(tokenId).status = "revoked";
  }

  /** Records that an agent has used its token; `at` in milliseconds by GitLab's clock. */
  markTokenUsed(tokenId: number, at: number = this.simulation.now()): void {
    this.token(tokenId).lastUsedAt = at;
  }

  /** Sets the agent's URL configuration and replaces an existing one. */
  setUrlConfiguration(
    agentId: number,
    content: Partial<UrlConfigurationContent> & { url: string },
  ): UrlConfigurationRecord {
    this.deleteUrlConfiguration(agentId);
    const whole = { clientCert: null, clientKey: null, caCert: null, tlsHost: null, ...content };
    return this.store.addUrlConfiguration(this.agent(agentId), whole);
  }

  deleteUrlConfiguration(agentId: number): void {
    const configuration = this.store.urlConfigurationOf(agentId);
    if (configuration !== undefined) this.store.removeUrlConfiguration(configuration);
  }

  /** @throws Error if another project has the id or the path; a project's former path is free */
  createProject(project: { path: string } & Partial<ProjectRecord>): ProjectRecord {
    const id = project.id ?? Math.max(100, ...this.store.projects.keys()) + 1;
    const path = project.path.toLowerCase();
    const taken = this.projects.find((each) => each.id === id || each.path.toLowerCase() === path);
    if (taken !== undefined) throw new Error(`The simulated GitLab already has project ${taken.id} ${taken.path}.`);
    const created: ProjectRecord = {
      name: project.path.slice(project.path.lastIndexOf("/") + 1),
      description: null,
      visibility: "private",
      licensed: this.simulation.options.receptive.licensed,
      createdAt: this.simulation.now(),
      formerPaths: [],
      ...project,
      id,
    };
    this.store.projects.set(id, created);
    return created;
  }

  /** `redirect` (default true) redirects the former path, as a rename in GitLab does. */
  renameProject(project: number | string, path: string, { redirect = true }: { redirect?: boolean } = {}): void {
    const record = this.project(project);
    if (redirect) record.formerPaths.push(record.path);
    record.path = path;
  }

  /** Deletes a project with its agents. */
  deleteProject(project: number | string): void {
    const { id } = this.project(project);
    for (const agent of this.agents) if (agent.projectId === id) this.store.removeAgent(agent);
    this.store.projects.delete(id);
  }

  /** Changes a user's role, in all projects or in one. */
  setRole(username: string, role: Role, project?: number | string): void {
    const user = this.user(username);
    if (project === undefined) {
      user.role = role;
      return;
    }
    const { id, path } = this.project(project);
    const everywhere = user.role;
    const roles: Record<string, Role> =
      typeof everywhere === "string"
        ? Object.fromEntries(this.projects.map((each) => [String(each.id), everywhere]))
        : { ...everywhere };
    delete roles[path];
    user.role = { ...roles, [id]: role };
  }

  /** Replaces a user's credential; the old one becomes invalid. */
  rotateCredential(username: string, token: string): void {
    this.user(username).token = token;
  }

  /** Lets a user's credential expire. */
  expireCredential(username: string): void {
    this.user(username).expired = true;
  }

  private get store(): Store {
    return this.simulation.store;
  }

  private token(id: number): TokenRecord {
    return one(
      this.tokens.filter((token) => token.id === id),
      `token ${id}`,
    );
  }
}

function one<Thing>(found: Thing[], what: string): Thing {
  const [thing] = found;
  if (thing === undefined || found.length > 1) {
    throw new Error(`The simulated GitLab has ${found.length === 0 ? "no" : "more than one"} ${what}.`);
  }
  return thing;
}

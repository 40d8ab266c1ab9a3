import {
  NotFoundError,
  PermissionError,
  RedirectRefusedError,
  UnexpectedResponseError,
  type NewToken,
  type NewUrlConfiguration,
  type Operation,
  type WireAgentToken,
  type WireClusterAgent,
  type WireUrlConfiguration,
} from "./gitlab";
import type { ProjectName } from "./inputs/ids";
import {
  agentProject,
  canonicalProject,
  confirmedProject,
  isNumber,
  learnAgentProject,
  numericIdOf,
  numericProject,
  projectOf,
  type AgentOf,
} from "./projectNumbers";

/**
 * A project, bound for one operation. Its requests use the declared name and, if GitLab finds nothing there, the numeric
 * id: a project that was renamed or moved keeps its agents. If nothing moved, it sends no additional request.
 *
 * @example await new Project(operation, "group/app").agents.list()
 */
export class Project {
  /**
   * @param name as the program declares it
   * @param recordedId its numeric id in the state, if the state has one
   */
  constructor(
    readonly operation: Operation,
    readonly name: ProjectName,
    protected readonly recordedId?: number,
  ) {}

  /** Its numeric id, if known without a request. */
  get number(): number | undefined {
    return this.recordedId ?? numericProject(this.name);
  }

  /** How its lists are requested: by its number if known, otherwise by its name. */
  get reference(): ProjectName {
    return this.recordedId ?? this.name;
  }

  readonly agents = {
    list: (): Promise<WireClusterAgent[]> => this.follow((p) => this.operation.agents.list(p)),
    register: (name: string): Promise<WireClusterAgent> => this.follow((p) => this.operation.agents.create(p, name)),
    /** By its id. @throws NotFoundError if it is gone or hidden */
    get: (agentId: number): Promise<WireClusterAgent> => this.follow((p) => this.operation.agents.get(p, agentId)),
    /** The agent in the project's complete list; undefined if the list lacks it. */
    find: (agentId: number, moment: "now" | "lately"): Promise<WireClusterAgent | undefined> =>
      this.operation.agents.find(this.reference, agentId, moment),
  };

  /** Calls with the name and, if GitLab finds nothing there, with the numeric id. */
  protected async follow<T>(call: (project: ProjectName) => Promise<T>): Promise<T> {
    try {
      const result = await call(this.name);
      if (isNumber(this.name)) this.noteNumber(Number(this.name));
      return result;
    } catch (error) {
      const id = await this.idAfter(error);
      if (id === undefined) throw error;
      const result = await call(id);
      this.noteNumber(id);
      return result;
    }
  }

  /** Called with the numeric id with which a call succeeded. A project alone learns nothing from it. */
  protected noteNumber(id: number): void {
    void id;
  }

  /** The numeric id with which to repeat a call after this error; undefined if the error is final. */
  protected async idAfter(error: unknown): Promise<number | undefined> {
    const former = isFormerPath(error);
    if (!(error instanceof NotFoundError || former) || isNumber(canonicalProject(this.name))) return undefined;
    const recorded = this.number;
    if (former && recorded !== undefined) return recorded;
    const now = await numericIdOf(this.operation, this.name);
    // The path still leads to the recorded project: the object itself was not found.
    return !former && recorded !== undefined && recorded === now ? undefined : (recorded ?? now);
  }
}

/**
 * An agent of a project, bound for one operation, with its tokens and URL configurations. The project's number is the
 * one that the agent reported, not the one to which a path leads.
 *
 * @example await new ProjectAgent(operation, { project: "group/app", agentId: 7 }).tokens.list()
 */
export class ProjectAgent extends Project {
  readonly agentId: number;

  /** @param recordedId the project's numeric id in the state of the agent, its token or its URL configuration */
  constructor(operation: Operation, { project, agentId }: AgentOf, recordedId?: number) {
    super(operation, project, recordedId);
    this.agentId = agentId;
  }

  override get number(): number | undefined {
    return agentProject(this.agentId) ?? this.recordedId;
  }

  override get reference(): ProjectName {
    return this.number ?? this.name;
  }

  get(): Promise<WireClusterAgent> {
    return this.follow((p) => this.operation.agents.get(p, this.agentId));
  }

  /** Like {@link get}; reads of one project at about the same time share one list. */
  read(): Promise<WireClusterAgent> {
    return this.follow((p) => this.operation.agents.read(p, this.agentId, this.number));
  }

  delete(): Promise<void> {
    return this.follow((p) => this.operation.agents.delete(p, this.agentId));
  }

  readonly tokens = {
    list: (): Promise<WireAgentToken[]> => this.follow((p) => this.operation.tokens.list(p, this.agentId)),
    get: (id: number): Promise<WireAgentToken> => this.follow((p) => this.operation.tokens.get(p, this.agentId, id)),
    /** Like `get`, without `last_used_at`; reads of one agent's tokens at about the same time share one list. */
    read: (id: number): Promise<WireAgentToken> => this.follow((p) => this.operation.tokens.read(p, this.agentId, id)),
    /** Only this response has the secret. */
    create: (token: NewToken): Promise<WireAgentToken & { token: string }> =>
      this.follow((p) => this.operation.tokens.create(p, this.agentId, token)),
    revoke: (id: number): Promise<void> => this.follow((p) => this.operation.tokens.revoke(p, this.agentId, id)),
  };

  readonly urlConfigurations = {
    list: (): Promise<WireUrlConfiguration[]> =>
      this.follow((p) => this.operation.urlConfigurations.list(p, this.agentId)),
    get: (id: number): Promise<WireUrlConfiguration> =>
      this.follow((p) => this.operation.urlConfigurations.get(p, this.agentId, id)),
    create: (configuration: NewUrlConfiguration): Promise<WireUrlConfiguration> =>
      this.follow((p) => this.operation.urlConfigurations.create(p, this.agentId, configuration)),
    delete: (id: number): Promise<void> =>
      this.follow((p) => this.operation.urlConfigurations.delete(p, this.agentId, id)),
  };

  /** The project's number for the state; undefined if it cannot be found out. It needs at most one request for each project. */
  projectId(): Promise<number | undefined> {
    return confirmedProject(() => this.operation, { project: this.name, agentId: this.agentId });
  }

  /** The number with which a call succeeded is that of the agent's project. */
  protected override noteNumber(id: number): void {
    learnAgentProject(this.agentId, id);
  }

  /** The project's list of agents shows whether its path has moved: one list is used for all missing objects. */
  protected override async idAfter(error: unknown): Promise<number | undefined> {
    const recorded = this.number;
    if (error instanceof NotFoundError && recorded !== undefined && !isNumber(canonicalProject(this.name))) {
      const place = await this.#placeIn(recorded);
      // The agent is gone, or the path still leads to the recorded project.
      if (place === "nowhere" || place?.path === canonicalProject(this.name)) return undefined;
      if (place !== undefined) return recorded;
    }
    return super.idAfter(error);
  }

  /**
   * The canonical path of the agent's project in its list of agents; "nowhere" if the list lacks the
   * agent, undefined if it cannot be read or has no path.
   */
  async #placeIn(projectId: number): Promise<{ path: string } | "nowhere" | undefined> {
    try {
      const agent = await this.operation.agents.find(projectId, this.agentId, "lately");
      if (agent === undefined) return "nowhere";
      const { path } = projectOf(agent);
      return typeof path === "string" ? { path: canonicalProject(path) } : undefined;
    } catch (error) {
      if (error instanceof NotFoundError || error instanceof PermissionError) return undefined;
      throw error;
    }
  }
}

/**
 * GitLab redirects reads from the former path of a renamed project, and does not carry out writes. A redirect to
 * another host says nothing about the project: it is an error for the user.
 */
function isFormerPath(error: unknown): boolean {
  if (error instanceof RedirectRefusedError) return !error.elsewhere;
  return error instanceof UnexpectedResponseError && error.status === 405;
}

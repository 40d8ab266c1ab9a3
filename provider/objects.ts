import { gitLab } from "./configuration";
import { NotFoundError, type Operation } from "./gitlab";
import { formatId, parseId, projectFromId, type ProjectName, type ResourceName } from "./inputs/ids";
import { assertGone, type Existence } from "./presence";
import { ProjectAgent } from "./project";
import { confirmedProject, type AgentOf } from "./projectNumbers";

/** What every state has. */
interface AnyState {
  project: ProjectName;
  name?: string;
}

/** One object of GitLab's, as an id and the state name it, bound for one operation. */
export interface Target<State> {
  readonly operation: Operation;
  /** The agent itself, or the agent that the object belongs to. */
  readonly agent: ProjectAgent;
  /** The object's own number; that of an agent is its `agentId`. */
  readonly objectId: number;
  /** What the state has; empty where the program looks the object up (`get`). */
  readonly state: Partial<State>;
}

/** What tells one kind of object from another where it is read. */
export interface ReadableKind<State extends object, Found> {
  /** The resource, by the name that its ids are told by. */
  readonly resource: ResourceName;
  /** The output with the object's number. A state that has it was recorded: the read is a refresh. */
  readonly numberKey: keyof State & string;
  /** The object in words, such as `token 3 ("blue") of agent 7 in project group/app`. */
  describe(object: { project: ProjectName; agentId: number; objectId: number; name?: string | undefined }): string;
  /** The project's numeric id in the state. */
  projectIdIn(state: Partial<State>, project: ProjectName): number | undefined;
  get(target: Target<State>): Promise<Found>;
  /** Whether the object is gone or hidden, after a 404. */
  existence(target: Target<State>): Promise<Existence>;
  /** The next step where a program looks up what is not there. */
  notFound(target: Target<State>): string;
  /** The state after a read. */
  refreshed(found: Found, target: Target<State>): State | Promise<State>;
}

/** What tells one kind of object from another where it is deleted. */
export interface DeletableKind<State extends object, Found> extends ReadableKind<State, Found> {
  readonly verb: "delete" | "revoke";
  delete(target: Target<State>): Promise<void>;
}

/**
 * Reads an object.
 *
 * @returns its id and state; undefined where a refresh finds that it is gone
 * @throws NotFoundError where it is hidden, or where a program looks it up and it is not there
 */
export async function readObject<State extends AnyState, Found>(
  kind: ReadableKind<State, Found>,
  id: string,
  state: Partial<State>,
): Promise<{ id: string; state: State } | undefined> {
  const target = bind(kind, "read", id, state);
  try {
    const found = await kind.get(target);
    const refreshed = await kind.refreshed(found, target);
    return { id: idOf(kind, target), state: refreshed };
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    await assertGone(error, kind.existence(target));
    if (kind.numberKey in state) return undefined;
    throw error.withAdvice(kind.notFound(target));
  }
}

/** Deletes an object. One that is gone already is deleted. @throws NotFoundError where it is hidden */
export async function deleteObject<State extends AnyState, Found>(
  kind: DeletableKind<State, Found>,
  id: string,
  state: Partial<State>,
): Promise<void> {
  const target = bind(kind, kind.verb, id, state, state.name);
  try {
    await kind.delete(target);
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    await assertGone(error, kind.existence(target));
  }
}

function bind<State extends AnyState, Found>(
  kind: ReadableKind<State, Found>,
  verb: string,
  id: string,
  state: Partial<State>,
  name?: string,
): Target<State> {
  const { project: named, agentId, objectId } = parseId(kind.resource, id);
  const project = state.project ?? projectFromId(named);
  const operation = gitLab().begin(`${verb} ${kind.describe({ project, agentId, objectId, name })}`);
  const agent = new ProjectAgent(operation, { project, agentId }, kind.projectIdIn(state, project));
  return { operation, agent, objectId, state };
}

function idOf<State extends AnyState, Found>(kind: ReadableKind<State, Found>, target: Target<State>): string {
  const { agent, objectId } = target;
  return formatId(agent.name, agent.agentId, kind.resource === "ClusterAgent" ? undefined : objectId);
}

/** The project's number for the state of what was created on an agent; undefined where it cannot be learnt. */
export function projectIdOf(agent: AgentOf): Promise<number | undefined> {
  return confirmedProject(() => gitLab().begin(`learn the number of project ${agent.project}`), agent);
}

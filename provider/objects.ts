import { gitLab } from "./configuration";
import { NotFoundError, type Operation } from "./gitlab";
import { formatId, parseId, projectFromId, type ProjectName } from "./inputs/ids";
import { assertGone, type Existence } from "./presence";
import { ProjectAgent } from "./project";
import { confirmedProject, type AgentOf } from "./projectNumbers";

/** The common part of all states. */
interface AnyState {
  project: ProjectName;
  name?: string;
}

/** One object in GitLab, by its id and state, bound for one operation. */
export interface Target<State> {
  readonly operation: Operation;
  /** The agent itself, or the object's agent. */
  readonly agent: ProjectAgent;
  /** The object's own number; for an agent its `agentId`. */
  readonly objectId: number;
  /** The state; empty if the program looks the object up (`get`). */
  readonly state: Partial<State>;
}

/** What differs between kinds when an object is read. */
export interface ReadableKind<State extends object, Found> {
  /** The resource's name, for errors about its ids. */
  readonly resource: string;
  /** The output with the object's number. If the state has it, the read is a refresh. */
  readonly numberKey: keyof State & string;
  /** The object in words, such as `token 3 ("blue") of agent 7 in project group/app`. */
  describe(object: { project: ProjectName; agentId: number; objectId: number; name?: string | undefined }): string;
  /** The project's numeric id in the state. */
  projectIdIn(state: Partial<State>, project: ProjectName): number | undefined;
  get(target: Target<State>): Promise<Found>;
  /** Whether the object is gone or hidden, after a 404. */
  existence(target: Target<State>): Promise<Existence>;
  /** The next step if a program looks up an object that does not exist. */
  notFound(target: Target<State>): string;
  /** The state after a read. */
  refreshed(found: Found, target: Target<State>): State | Promise<State>;
}

/** What differs between kinds when an object is deleted. */
export interface DeletableKind<State extends object, Found> extends ReadableKind<State, Found> {
  readonly verb: "delete" | "revoke";
  delete(target: Target<State>): Promise<void>;
}

/**
 * Reads an object.
 *
 * @returns its id and state; undefined if a refresh finds that it is gone
 * @throws NotFoundError if it is hidden, or if a program looks it up and it does not exist
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

/** Deletes an object. One that is already gone counts as deleted. @throws NotFoundError if it is hidden */
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
  const { project: named, agentId, objectId } = parseId(id, kind.resource, kind.numberKey);
  const project = state.project ?? projectFromId(named);
  const operation = gitLab().begin(`${verb} ${kind.describe({ project, agentId, objectId, name })}`);
  const agent = new ProjectAgent(operation, { project, agentId }, kind.projectIdIn(state, project));
  return { operation, agent, objectId, state };
}

function idOf<State extends AnyState, Found>(kind: ReadableKind<State, Found>, target: Target<State>): string {
  const { agent, objectId } = target;
  return formatId(agent.name, agent.agentId, kind.numberKey === "agentId" ? undefined : objectId);
}

/** The project's number for the state of a token or URL configuration; undefined if it cannot be found out. */
export function projectIdOf(agent: AgentOf): Promise<number | undefined> {
  return confirmedProject(() => gitLab().begin(`learn the number of project ${agent.project}`), agent);
}

import {
  LostResponseError,
  NotFoundError,
  ValidationError,
  type GitLabError,
  type Operation,
  type WireClusterAgent,
} from "../gitlab";
import { ownedByThisProgram, ownersFirst } from "../ownership/heldObjects";
import type { ProjectName } from "../inputs/ids";
import {
  assertAnotherTry,
  learnCreator,
  lookedInto,
  madeAfter,
  madeBefore,
  madeByOurUser,
  mayComeLate,
  pause,
  settlingPause,
  withLeftover,
} from "./lostResponses";
import { existenceOfAgent } from "../presence";
import { Project } from "../project";
import { canonicalProject, learnProjectId, numericProject } from "../projectNumbers";
import { Locks } from "./locks";

/** Agents that this process registered: they had no objects before. */
const registered = new Set<number>();

/** Whether this process registered the agent. */
export function registeredHere(agentId: number): boolean {
  return registered.has(agentId);
}

/** The declared agent. */
export interface WantedAgent {
  project: ProjectName;
  name: string;
}

/** A registration that waits for its turn. */
interface Registering extends WantedAgent {
  begin: () => Operation;
}

/** One registration of a name in a project at a time, so that two resources cannot record each other's agent. */
const locks = new Locks<Registering>(mayBeTheSame);

/**
 * Registers an agent, and ends with exactly one that is certainly ours, or with an error. The name is unique in the project, so an
 * agent of that name that exists when a response is lost, and that our user registered during that request, is the one
 * that the request created. An agent that appears later may be somebody else's: it is never recorded.
 *
 * @param begin starts the operation when its turn comes: waiting for another agent of the name does not count for its limit
 */
export async function registerAgent(begin: () => Operation, wanted: WantedAgent): Promise<WireClusterAgent> {
  return locks.run({ ...wanted, begin }, async () => {
    const agent = await new Registration(new Project(begin(), wanted.project), wanted.name).run();
    registered.add(agent.id);
    return agent;
  });
}

/**
 * Whether two registrations may be of one agent, whatever the spelling of their project. A request is sent only if one is a
 * number and the other a path whose number this process does not know; without a result they may be.
 */
async function mayBeTheSame(earlier: Registering, later: Registering): Promise<boolean> {
  if (earlier.name.trim() !== later.name.trim()) return false;
  const names = [earlier.project, later.project];
  if (canonicalProject(earlier.project) === canonicalProject(later.project)) return true;
  if (names.every((name) => numericProject(name) === undefined)) return false;
  const [first, second] = await Promise.all(
    names.map(async (name) => numericProject(name) ?? (await learnProjectId(later.begin, name))),
  );
  return first === undefined || second === undefined || first === second;
}

const NAMED = "the rest of that response names it";

class Registration {
  readonly #lost: LostResponseError[] = [];
  /** Agents of the name that existed before the next request. */
  readonly #others = new Set<number>();
  readonly #operation: Operation;

  constructor(
    private readonly project: Project,
    private readonly name: string,
  ) {
    this.#operation = project.operation;
  }

  async run(): Promise<WireClusterAgent> {
    for (let settling = 0; ;) {
      try {
        const made = await this.project.agents.register(this.name);
        learnCreator(this.#operation, made);
        return made;
      } catch (error) {
        if (error instanceof LostResponseError) {
          this.#lost.push(error);
          const { ours, taken } = await this.#lookedInto(error, () => this.#look(error));
          if (ours !== undefined) return ours;
          assertAnotherTry(this.#operation, this.#lost, this.#leftover, taken || this.#lost.some(mayComeLate));
          await this.#lookedInto(error, () => this.#waitAndLook());
        } else if (isNameTaken(error)) {
          return await this.#lookedInto(error, () => this.#holderOfName(error));
        } else if (error instanceof NotFoundError) {
          const wait = settlingPause(this.#operation, settling++);
          if (wait === undefined) throw await this.#explained(error);
          await this.#operation.sleep(wait);
        } else throw withLeftover(error, this.#lost, this.#leftover);
      }
    }
  }

  /** Right after a response was lost: the agent that its request created, and whether another agent has the name. */
  async #look(lost: LostResponseError): Promise<{ ours?: WireClusterAgent; taken: boolean }> {
    const found = await this.#find();
    const why = found && (await this.#whyOurs(found, lost));
    if (found === undefined) return { taken: false };
    if (why === undefined) {
      this.#others.add(found.id);
      return { taken: true };
    }
    return { ours: this.#takenOver(found, why), taken: false };
  }

  /** Waits before the next try, and finds who has the name by then, which that try cannot have created. */
  async #waitAndLook(): Promise<void> {
    await pause(this.#operation, this.#lost.length);
    const found = await this.#find();
    if (found !== undefined) this.#others.add(found.id);
  }

  /** The agent with the name, if a truncated response names it. No list showed one when the responses were lost. */
  async #holderOfName(error: ValidationError): Promise<WireClusterAgent> {
    const found = await this.#find();
    if (found !== undefined && this.#lost.some(({ objectId }) => objectId === found.id)) {
      return this.#takenOver(found, NAMED);
    }
    throw error.withAdvice(
      found === undefined
        ? "GitLab says that the name is taken, but its list of the project's agents shows none of that name. Run `pulumi up` again."
        : this.#whose(found),
    );
  }

  #takenOver(found: WireClusterAgent, why: string): WireClusterAgent {
    this.#operation.info(
      `took over agent ${found.id} "${found.name}" of project ${this.project.name}, registered ${found.created_at}: it is ours, since the response to our request that registered it was lost (${why}).`,
    );
    return found;
  }

  async #find(): Promise<WireClusterAgent | undefined> {
    const agents = await this.project.agents.list();
    return agents.find(({ name }) => name === this.name) ?? agents.find(({ name }) => name === this.name.trim());
  }

  /** What proves that the lost request registered the agent; undefined if nothing does. */
  async #whyOurs(found: WireClusterAgent, lost: LostResponseError): Promise<string | undefined> {
    if (lost.objectId === found.id) return NAMED;
    if (lost.objectId !== undefined || this.#others.has(found.id)) return undefined;
    // Another resource of this program has it.
    if (this.#isAnothers(found)) return undefined;
    const before = madeBefore(this.#operation, found, lost);
    const after = madeAfter(this.#operation, found, lost);
    if (before !== false || after !== false) return undefined;
    const byUs = await madeByOurUser(this.#operation, found);
    if (byUs === false) return undefined;
    return `it was registered while that request was under way${byUs === true ? ", by our user" : ""}`;
  }

  /** Whether another resource of this program has the agent. */
  #isAnothers({ id }: WireClusterAgent): boolean {
    return registered.has(id) || ownedByThisProgram("agent", id);
  }

  #whose(found: WireClusterAgent): string {
    const creator = found.created_by_user_id == null ? "" : ` by the user with the id ${found.created_by_user_id}`;
    return `Agent ${found.id} of project ${this.project.name} has this name since ${found.created_at}, registered${creator}. ${this.#doubt(found)}${ownersFirst("agent", [found.id])}To let Pulumi manage that agent, set the resource option \`import: "${this.project.name}:${found.id}"\`; else choose another name, or delete that agent. If it is this resource's own agent, to be replaced without a change of its name (\`--replace\`), set the resource option \`deleteBeforeReplace: true\` for that update.`;
  }

  /** Why a lost request of ours may have created the agent, although this is not certain. */
  #doubt(found: WireClusterAgent): string {
    const [first] = this.#lost;
    const before = first && madeBefore(this.#operation, found, first);
    if (first === undefined || before === true || this.#isAnothers(found)) return "";
    const asked = `Our request of ${new Date(first.sentAt).toISOString()} for this name lost its response.`;
    return before === undefined
      ? `${asked} GitLab's responses have no Date header, so it is not certain that this request registered the agent, and it was not taken over. `
      : `${asked} GitLab may have carried it out late, or somebody else registered the agent, so it was not taken over. `;
  }

  async #explained(error: NotFoundError): Promise<NotFoundError> {
    const presence = await existenceOfAgent(this.project, 0);
    return error.withAdvice(
      presence.verdict === "hidden"
        ? presence.adviceOnCreation
        : "The project is there, and its agents can be read, but GitLab takes no new one: that needs the Maintainer role.",
    );
  }

  #lookedInto<T>(cause: GitLabError, look: () => Promise<T>): Promise<T> {
    return lookedInto(this.#lost, cause, this.#leftover, look, async (error) => ({
      error: await this.#explained(error),
      nothingLeft: false,
    }));
  }

  readonly #leftover = (since: string): string =>
    `Project ${this.project.name} may have an agent "${this.name}", registered after ${since}, that Pulumi does not know: run \`pulumi up\` again, which registers it, or says which agent has the name and how to take it over.`;
}

function isNameTaken(error: unknown): error is ValidationError {
  return error instanceof ValidationError && error.reasons.some((reason) => /already been taken/.test(reason));
}

import type { LostResponseError, NotFoundError, ValidationError, Operation, WireClusterAgent } from "../gitlab";
import { ownedByThisProgram, ownersFirst } from "../ownership/heldObjects";
import type { ProjectName } from "../inputs/ids";
import { learnCreator, createdAfter, createdBefore, createdByOurUser } from "./lostResponses";
import { RepairedCreation, type Explained } from "./repairedCreation";
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

const RESPONSE_HAS_ID = "the part of that response that arrived contains its id";

class Registration extends RepairedCreation<WireClusterAgent> {
  /** Agents of the name that existed before the next request. */
  readonly #others = new Set<number>();
  /** Whether another agent had the name when the last response was lost. */
  #isOthers = false;

  constructor(
    private readonly project: Project,
    private readonly name: string,
  ) {
    super(project.operation);
  }

  protected async create(): Promise<WireClusterAgent> {
    const agent = await this.project.agents.register(this.name);
    learnCreator(this.operation, agent);
    return agent;
  }

  protected override get mayBeLeft(): boolean {
    return this.#isOthers || super.mayBeLeft;
  }

  protected async look(lost: LostResponseError): Promise<WireClusterAgent | undefined> {
    const found = await this.#find();
    const why = found && (await this.#whyOurs(found, lost));
    if (found !== undefined && why !== undefined) return this.#takenOver(found, why);
    this.#isOthers = found !== undefined;
    if (found !== undefined) this.#others.add(found.id);
    return undefined;
  }

  protected async lookBeforeRetry(): Promise<void> {
    const found = await this.#find();
    if (found !== undefined) this.#others.add(found.id);
  }

  protected isTaken(reason: string): boolean {
    return /already been taken/.test(reason);
  }

  /** The agent with the name, if a truncated response names it. No list showed one when the responses were lost. */
  protected async resolveTaken(error: ValidationError): Promise<WireClusterAgent> {
    const found = await this.#find();
    if (found !== undefined && this.lost.some(({ objectId }) => objectId === found.id)) {
      return this.#takenOver(found, RESPONSE_HAS_ID);
    }
    throw error.withAdvice(
      found === undefined
        ? "GitLab says that the name is taken, but its list of the project's agents shows none of that name. Run `pulumi up` again."
        : this.#ownershipOf(found),
    );
  }

  #takenOver(found: WireClusterAgent, why: string): WireClusterAgent {
    this.operation.info(
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
    if (lost.objectId === found.id) return RESPONSE_HAS_ID;
    if (lost.objectId !== undefined || this.#others.has(found.id)) return undefined;
    // Another resource of this program has it.
    if (this.#isAnothers(found)) return undefined;
    const before = createdBefore(this.operation, found, lost);
    const after = createdAfter(this.operation, found, lost);
    if (before !== false || after !== false) return undefined;
    const byUs = await createdByOurUser(this.operation, found);
    if (byUs === false) return undefined;
    return `it was registered while that request was under way${byUs === true ? ", by our user" : ""}`;
  }

  /** Whether another resource of this program has the agent. */
  #isAnothers({ id }: WireClusterAgent): boolean {
    return registered.has(id) || ownedByThisProgram("agent", id);
  }

  #ownershipOf(found: WireClusterAgent): string {
    const creator = found.created_by_user_id == null ? "" : ` by the user with the id ${found.created_by_user_id}`;
    return `Agent ${found.id} of project ${this.project.name} has this name since ${found.created_at}, registered${creator}. ${this.#doubt(found)}${ownersFirst("agent", [found.id])}To let Pulumi manage that agent, set the resource option \`import: "${this.project.name}:${found.id}"\`; else choose another name, or delete that agent. If it is this resource's own agent, which is to be replaced under the same name (as with \`--replace\`), set the resource option \`deleteBeforeReplace: true\` for that update.`;
  }

  /** Why a lost request of ours may have created the agent, although this is not certain. */
  #doubt(found: WireClusterAgent): string {
    const [first] = this.lost;
    const before = first && createdBefore(this.operation, found, first);
    if (first === undefined || before === true || this.#isAnothers(found)) return "";
    const lost = `The response to our request of ${new Date(first.sentAt).toISOString()} for this name was lost.`;
    return before === undefined
      ? `${lost} GitLab's responses have no Date header, so it is not certain that this request registered the agent, and it was not taken over. `
      : `${lost} GitLab may have carried it out late, or somebody else registered the agent, so it was not taken over. `;
  }

  protected async explain(error: NotFoundError): Promise<Explained> {
    const existence = await existenceOfAgent(this.project, 0);
    const advice =
      existence.verdict === "hidden"
        ? existence.adviceOnCreation
        : "The project exists and its agents can be read, but GitLab accepts no new one: that needs the Maintainer role.";
    return { error: error.withAdvice(advice), nothingLeft: false };
  }

  protected leftover(since: string): string {
    return `Project ${this.project.name} may have an agent "${this.name}", registered after ${since}, that Pulumi does not know. Run \`pulumi up\` again: it registers the agent, or reports which agent has the name and how to import it.`;
  }
}

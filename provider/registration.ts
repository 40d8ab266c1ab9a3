import {
  LostAnswerError,
  NotFoundError,
  ValidationError,
  type GitLabError,
  type Operation,
  type WireClusterAgent,
} from "./gitlab";
import type { ProjectName } from "./ids";
import {
  assertAnotherTry,
  learnCreator,
  lookedInto,
  madeBefore,
  madeByOurUser,
  pause,
  settlingPause,
  withLeftover,
} from "./lostAnswers";
import { presenceOfAgent } from "./presence";
import { numericProject, throughMoves } from "./projects";
import { inRegistrationTurn } from "./registrationTurn";

/** Agents that this process registered: on these, nobody can have made anything before us. */
const registered = new Set<number>();

/** Whether this process registered the agent. */
export function registeredHere(agentId: number): boolean {
  return registered.has(agentId);
}

/**
 * Registers an agent, and ends with exactly one of ours whatever becomes of the answers. The name is unique in the project,
 * so an agent of that name that was made after our request, by our user, is the one that the request made.
 *
 * @param begin starts the operation, in its turn: waiting for another agent of the name costs it nothing of its limit
 */
export async function registerAgent(
  begin: () => Operation,
  project: ProjectName,
  name: string,
): Promise<WireClusterAgent> {
  return inRegistrationTurn(begin, project, name, async () => {
    const agent = await new Registration(begin(), project, name).run();
    registered.add(agent.id);
    return agent;
  });
}

class Registration {
  readonly #lost: LostAnswerError[] = [];

  constructor(
    private readonly operation: Operation,
    private readonly project: ProjectName,
    private readonly name: string,
  ) {}

  async run(): Promise<WireClusterAgent> {
    for (let settling = 0; ;) {
      try {
        const made = await this.#through((p) => this.operation.agents.create(p, this.name));
        learnCreator(this.operation, made);
        return made;
      } catch (error) {
        if (error instanceof LostAnswerError) {
          this.#lost.push(error);
          const found = await this.#lookedInto(error, () => this.#ourOwn(error));
          if (found !== undefined) return found;
          assertAnotherTry(this.operation, this.#lost, this.#leftover);
          await pause(this.operation, this.#lost.length);
        } else if (isNameTaken(error)) {
          return await this.#lookedInto(error, () => this.#holderOfName(error));
        } else if (error instanceof NotFoundError) {
          const wait = settlingPause(this.operation, settling++);
          if (wait === undefined) throw await this.#explained(error);
          await this.operation.sleep(wait);
        } else throw withLeftover(error, this.#lost, this.#leftover);
      }
    }
  }

  /** The agent that a lost request of ours made. Throws where it cannot be told whose the agent of that name is. */
  async #ourOwn(error: LostAnswerError): Promise<WireClusterAgent | undefined> {
    const found = await this.#find();
    if (found === undefined) return undefined;
    const ours = await this.#isOurs(found);
    if (ours === undefined) throw error.withAdvice(this.#whose(found, "unclear"));
    return ours ? found : undefined;
  }

  /** The agent that has the name, if a lost request of ours made it. Throws whose it is where that is not so. */
  async #holderOfName(error: ValidationError): Promise<WireClusterAgent> {
    const found = await this.#find();
    if (found === undefined) {
      throw error.withAdvice(
        "GitLab says that the name is taken, but its list of the project's agents shows none of that name. Run `pulumi up` again.",
      );
    }
    const ours = await this.#isOurs(found);
    if (ours === true) return found;
    throw error.withAdvice(this.#whose(found, ours === undefined ? "unclear" : "known"));
  }

  async #find(): Promise<WireClusterAgent | undefined> {
    const agents = await this.#through((p) => this.operation.agents.list(p));
    return agents.find(({ name }) => name === this.name) ?? agents.find(({ name }) => name === this.name.trim());
  }

  /** Undefined where it cannot be told. */
  async #isOurs(found: WireClusterAgent): Promise<boolean | undefined> {
    const [first] = this.#lost;
    if (first === undefined) return false;
    if (this.#lost.some(({ objectId }) => objectId === found.id)) return true;
    // Another resource of this program has it.
    if (registered.has(found.id)) return false;
    const before = madeBefore(this.operation, found, first);
    if (before === true || (await madeByOurUser(this.operation, found)) === false) return false;
    return before === undefined ? undefined : true;
  }

  #whose(found: WireClusterAgent, origin: "known" | "unclear"): string {
    const creator = found.created_by_user_id == null ? "" : ` by the user with the id ${found.created_by_user_id}`;
    const doubt =
      origin === "unclear"
        ? "GitLab's answers carry no Date header, so it cannot be told whether it was made by the request whose answer was lost. "
        : "";
    return `Agent ${found.id} of project ${this.project} has this name since ${found.created_at}, registered${creator}. ${doubt}To let Pulumi manage that agent, set the resource option \`import: "${this.project}:${found.id}"\`; else choose another name, or delete that agent. If it is this resource's own agent, to be replaced without a change of its name (\`--replace\`), set the resource option \`deleteBeforeReplace: true\` for that update.`;
  }

  async #explained(error: NotFoundError): Promise<NotFoundError> {
    const presence = await presenceOfAgent(this.operation, this.project, 0);
    return error.withAdvice(
      presence.verdict === "hidden"
        ? presence.adviceOnCreation
        : "The project is there, and its agents can be read, but GitLab takes no new one: that needs the Maintainer role.",
    );
  }

  #lookedInto<T>(cause: GitLabError, look: () => Promise<T>): Promise<T> {
    return lookedInto(this.#lost, cause, this.#leftover, look);
  }

  readonly #leftover = (since: string): string =>
    `Project ${this.project} may have an agent "${this.name}", registered after ${since}, that Pulumi does not know: run \`pulumi up\` again, which registers it, or says which agent has the name and how to take it over.`;

  #through<T>(call: (project: ProjectName) => Promise<T>): Promise<T> {
    return throughMoves(this.operation, this.project, numericProject(this.project), call);
  }
}

function isNameTaken(error: unknown): error is ValidationError {
  return error instanceof ValidationError && error.reasons.some((reason) => /already been taken/.test(reason));
}

import { GitLabError, LostResponseError, NotFoundError, ValidationError, type Operation } from "../gitlab";
import { assertAnotherTry, mayComeLate, pause, settlingPause } from "./lostResponses";

/** A 404 in words, and whether it proves that a lost request left nothing. */
export interface Explained {
  error: GitLabError;
  nothingLeft: boolean;
}

/**
 * The creation of one object, which ends with exactly one that is certainly ours, or with an error. A POST whose response is lost
 * may have been carried out, so it is never repeated before what it created has been looked up.
 */
export abstract class RepairedCreation<Created> {
  /** The responses that were lost, in their order. */
  protected readonly lost: LostResponseError[] = [];

  constructor(protected readonly operation: Operation) {}

  /** Sends the POST. */
  protected abstract create(): Promise<Created>;
  /** After a lost response: the object that its request created, if that is certain; throws if this is uncertain. */
  protected abstract look(lost: LostResponseError): Promise<Created | undefined>;
  /** Before the next try: notes what exists by then, which that try cannot have created. */
  protected abstract lookBeforeRetry(): Promise<void>;
  /** Whether GitLab refuses the creation because of what exists already. */
  protected abstract isTaken(reason: string): boolean;
  /** The object that is in the way, if it is ours; throws the error with whose it is. */
  protected abstract resolveTaken(error: ValidationError): Promise<Created>;
  /** Explains a 404. */
  protected abstract explain(error: NotFoundError): Promise<Explained>;
  /** What to say of a request that GitLab may still carry out, or has carried out unseen. */
  protected abstract leftover(since: string): string;

  /** Whether a lost request may have left something. */
  protected get mayBeLeft(): boolean {
    return this.lost.some(mayComeLate);
  }

  async run(): Promise<Created> {
    for (let settling = 0; ;) {
      try {
        return await this.create();
      } catch (error) {
        if (error instanceof LostResponseError) {
          this.lost.push(error);
          const ours = await this.#lookingInto(error, () => this.look(error));
          if (ours !== undefined) return ours;
          assertAnotherTry(this.operation, this.lost, (since) => this.leftover(since), this.mayBeLeft);
          await this.#lookingInto(error, async () => {
            await pause(this.operation, this.lost.length);
            await this.lookBeforeRetry();
          });
        } else if (error instanceof ValidationError && error.reasons.some((reason) => this.isTaken(reason))) {
          return await this.#lookingInto(error, () => this.resolveTaken(error));
        } else if (error instanceof NotFoundError) {
          const wait = settlingPause(this.operation, settling++);
          if (wait === undefined) throw await this.#final(error);
          await this.operation.sleep(wait);
        } else throw this.#withLeftover(error);
      }
    }
  }

  /** The 404 that ends a creation. */
  async #final(notFound: NotFoundError): Promise<unknown> {
    const { error, nothingLeft } = await this.explain(notFound);
    return nothingLeft ? error : this.#withLeftover(error);
  }

  /** An error that ends a creation, with what an earlier try may still leave behind, which only this error can say. */
  #withLeftover(error: unknown): unknown {
    const late = this.lost.find(mayComeLate) ?? this.lost[0];
    if (!this.mayBeLeft || late === undefined || !(error instanceof GitLabError) || error === late) return error;
    return error.alsoAdvising(
      `Note: the response to an earlier try was lost. ${this.leftover(new Date(late.sentAt).toISOString())}`,
    );
  }

  /**
   * Runs a lookup after a lost response. If that fails too, the error says what may have been left behind, which only this error
   * can say. `cause`, the error that is being looked into, passes unchanged.
   */
  async #lookingInto<T>(cause: GitLabError, look: () => Promise<T>): Promise<T> {
    try {
      return await look();
    } catch (thrown) {
      const { error, nothingLeft } = await this.#explained(thrown);
      const [first] = this.lost;
      if (first === undefined || nothingLeft || error === cause || !(error instanceof GitLabError)) throw error;
      throw error.alsoAdvising(
        `Note: the response to an earlier try was lost, and its outcome could not be determined. ${this.leftover(new Date(first.sentAt).toISOString())}`,
      );
    }
  }

  async #explained(thrown: unknown): Promise<{ error: unknown; nothingLeft: boolean }> {
    if (!(thrown instanceof NotFoundError)) return { error: thrown, nothingLeft: false };
    return this.explain(thrown).catch((error: unknown) => ({ error, nothingLeft: false }));
  }
}
